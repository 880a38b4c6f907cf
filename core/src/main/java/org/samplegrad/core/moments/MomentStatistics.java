package org.samplegrad.core.moments;

import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.parameters.ParameterVector;

/**
 * What the moments say about the individual gradients.
 *
 * @param count N
 * @param lossMean the summed loss over the denominator: what PyTorch's {@code reduction=mean}
 *     gives; 0 if no sample counts
 * @param meanGradient {@code S1/N}, scaled by the reduction
 * @param variance {@code S2/N - (S1/N)^2} per element, scaled by the reduction's square; never
 *     negative, and zero over one sample
 */
public record MomentStatistics(
    long count, double lossMean, ParameterVector meanGradient, ParameterVector variance) {

  /**
   * Roundings by which a moment summed from numbers of one precision may be off, as a multiple of
   * the unit roundoff: forward, backward, square and blocked sums together.
   */
  private static final double ROUNDINGS = 8;

  /**
   * @throws IllegalArgumentException if the moments are empty
   */
  public static MomentStatistics of(Moments moments, Reduction reduction) {
    long count = moments.count();
    if (count == 0) {
      throw new IllegalArgumentException("No samples have no mean gradient");
    }
    double factor = reduction.factor(moments);
    int size = moments.layout().size();
    double[] mean = new double[size];
    double[] variance = new double[size];
    for (int i = 0; i < size; i++) {
      mean[i] = factor * moments.sum(i) / count;
      double second = factor * factor * moments.squaredSum(i) / count;
      variance[i] = count == 1 ? 0 : nonNegative(second - mean[i] * mean[i]);
    }
    return new MomentStatistics(
        count,
        moments.denominator() == 0 ? 0 : moments.lossSum() / moments.denominator(),
        new ParameterVector(moments.layout(), mean),
        new ParameterVector(moments.layout(), variance));
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
    return relativeErrorBound(precision, 0, variance.layout().size());
  }

  /** The same for the elements {@code [from, to)}. */
  public double relativeErrorBound(Precision precision, int from, int to) {
    double squaredMean = 0;
    double total = 0;
    for (int i = from; i < to; i++) {
      squaredMean += meanGradient.value(i) * meanGradient.value(i);
      total += variance.value(i);
    }
    if (count == 1 || (squaredMean == 0 && total == 0)) {
      return 0;
    }
    return ROUNDINGS * precision.unitRoundoff() * (total + 2 * squaredMean) / total;
  }
}
