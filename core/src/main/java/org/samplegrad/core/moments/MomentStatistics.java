package org.samplegrad.core.moments;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.parameters.ParameterVector;

/**
 * What the moments say about the individual gradients.
 *
 * @param count N
 * @param lossMean the summed loss over the denominator: what PyTorch's {@code reduction=mean}
 *     gives; 0 if no sample counts
 * @param meanGradient {@code S1/N}, scaled by the reduction
 * @param variance {@code S2/N - (S1/N)^2} per element, or summed per parameter where the moments
 *     hold no more, scaled by the reduction's square; never negative, and zero over one sample
 */
public record MomentStatistics(
    long count, double lossMean, ParameterVector meanGradient, ParameterVector variance) {

  /**
   * @throws IllegalArgumentException if the moments are empty
   */
  public static MomentStatistics of(Moments moments, Reduction reduction) {
    long count = moments.count();
    if (count == 0) {
      throw new IllegalArgumentException("No samples have no mean gradient");
    }
    double factor = reduction.factor(moments);
    double[] mean = new double[moments.layout().size()];
    for (int i = 0; i < mean.length; i++) {
      mean[i] = factor * moments.sum(i) / count;
    }
    ParameterVector meanGradient = new ParameterVector(moments.layout(), mean);
    return new MomentStatistics(
        count,
        moments.denominator() == 0 ? 0 : moments.lossSum() / moments.denominator(),
        meanGradient,
        new ParameterVector(moments.squaredLayout(), variance(moments, factor, meanGradient)));
  }

  private static double[] variance(Moments moments, double factor, ParameterVector mean) {
    long count = moments.count();
    boolean ofElements = moments.holdsElements();
    double[] variance = new double[moments.squaredLayout().size()];
    for (int i = 0; i < variance.length && count > 1; i++) {
      double second = factor * factor * moments.squaredSum(i) / count;
      double squaredMean =
          ofElements
              ? mean.value(i) * mean.value(i)
              : mean.squaredNorm(mean.layout().entries().get(i));
      variance[i] = nonNegative(second - squaredMean);
    }
    return variance;
  }

  /** Whether there is a variance for every element, not only for every parameter. */
  public boolean hasVarianceOfElements() {
    return variance.layout().equals(meanGradient.layout());
  }

  /** Keeps NaN, which {@code Math.max} would too, but turns -0 and rounding below zero into 0. */
  private static double nonNegative(double x) {
    return x <= 0 ? 0 : x;
  }

  /**
   * An estimate of the relative error that cancellation in {@code S2/N - (S1/N)^2} leaves in the
   * total variance: with {@code V = Q - M}, {@code Q} the mean squared norm and {@code M} the
   * squared mean norm, each off by some roundings {@code u}, it is {@code u (Q + M) / V}. Zero over
   * one sample; infinite if the variance vanishes and the mean does not.
   */
  public double relativeErrorBound(Precision precision) {
    return relativeErrorBound(
        precision, meanGradient.squaredNorm(), Arrays.stream(variance.values()).sum());
  }

  /** The same for one parameter, by its position in the layout. */
  public double relativeErrorBound(Precision precision, int parameter) {
    return relativeErrorBound(
        precision,
        meanGradient.squaredNorm(meanGradient.layout().entries().get(parameter)),
        variance.sum(variance.layout().entries().get(parameter)));
  }

  private double relativeErrorBound(Precision precision, double squaredMean, double total) {
    if (count == 1 || (squaredMean == 0 && total == 0)) {
      return 0;
    }
    return SumRoundings.inVariance(precision, squaredMean, total) / total;
  }

  /** All that is known without a comparison of precisions: nothing of the gradient. */
  public ErrorBounds cancellationBounds(Precision precision) {
    int parameters = meanGradient.layout().entries().size();
    return new ErrorBounds(
        relativeErrorBound(precision),
        IntStream.range(0, parameters).mapToObj(p -> relativeErrorBound(precision, p)).toList(),
        count == 1 ? 0 : Double.NaN);
  }
}
