package org.samplegrad.core.passes;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.moments.Cotangents;
import org.samplegrad.core.moments.ErrorBounds;
import org.samplegrad.core.moments.MomentFunctional;
import org.samplegrad.core.moments.Moments;
import org.samplegrad.core.moments.Reduction;
import org.samplegrad.core.moments.SumRoundings;
import org.samplegrad.core.moments.VarianceDetail;
import org.samplegrad.core.parameters.ParameterLayout;
import org.samplegrad.core.parameters.ParameterVector;

/**
 * Error bounds of a run from samples that are evaluated in float32 and in float64. Where these are
 * all samples of a small data set, the difference of the results is the error in float32; of a few
 * samples the differences are scaled up. What is known of float32 is scaled down by {@code 2^-29}
 * for a run in float64.
 */
public final class PrecisionComparison {
  /** From a rounding in float32 to one in float64, with some room. */
  private static final double FLOAT64_PER_FLOAT32 = 128 * 0x1p-29;

  /** Room for the float64 that a float32 is compared with, all samples of both being there. */
  private static final double ROOM = 2;

  /** Room for what other samples may do. */
  private static final double ROOM_OF_SAMPLES = 3;

  /** How many standard errors a mean over the sampled units may be off. */
  private static final double DEVIATIONS = 2;

  /** Stands for all parameters together. */
  private static final int ALL = -1;

  private final Objective objective;
  private final ParameterVector parameters;
  private final Samples samples;
  private final Moments run;
  private final Precision precision;
  private final Backend float32;
  private final Backend float64;

  /** All samples in the precision that the run was not computed in; null if they are not all. */
  private final Moments other;

  /** {@code sum_n ||g_n - mean||^2} with the run's mean, {@code [unit][parameter]}. */
  private final List<double[]> inFloat32 = new ArrayList<>();

  /** The same in float64. */
  private final List<double[]> inFloat64 = new ArrayList<>();

  /** As the two above, of the samples with the largest gradients; null if there are none. */
  private double[] largestInFloat32;

  private double[] largestInFloat64;

  /** By how much the gradients in float32 exceed those in float64, summed as far as known. */
  private final double[] excess;

  /**
   * The samples in both precisions.
   *
   * @param units blocks, of about equally many samples unless they are the whole data set
   * @param largest samples with the largest gradients of all, which stand for themselves and for
   *     what the units may have missed; null if they are not known
   */
  public record Samples(List<Block> units, boolean areAll, Block largest) {

    /** All samples of a data set, or some of which nothing is known. */
    public Samples(List<Block> units, boolean areAll) {
      this(units, areAll, null);
    }

    long count() {
      return units.stream().mapToLong(Block::samples).sum();
    }
  }

  /**
   * Evaluates the samples.
   *
   * @param run the moments of all samples, over which the bounds are taken
   * @param precision which {@code run} was computed in
   */
  public PrecisionComparison(
      Objective objective,
      ParameterVector parameters,
      Samples samples,
      Moments run,
      Precision precision,
      Backend float32,
      Backend float64) {
    this.objective = objective;
    this.parameters = parameters;
    this.samples = samples;
    this.run = run;
    this.precision = precision;
    this.float32 = float32;
    this.float64 = float64;
    this.other =
        samples.areAll() ? moments(precision == Precision.FLOAT32 ? float64 : float32) : null;
    this.excess = samples.areAll() ? new double[0] : new double[run.layout().size()];
    if (!samples.areAll()) {
      evaluateUnits();
    }
  }

  private Moments moments(Backend backend) {
    Moments moments =
        Moments.empty(
            run.layout(),
            run.holdsElements() ? VarianceDetail.ELEMENTS : VarianceDetail.PARAMETERS);
    MomentsPass pass = new MomentsPass(objective, parameters, backend);
    samples.units().forEach(unit -> pass.add(unit, moments));
    return moments;
  }

  private void evaluateUnits() {
    MomentsPass narrow = new MomentsPass(objective, parameters, float32);
    MomentsPass wide = new MomentsPass(objective, parameters, float64);
    for (Block unit : samples.units()) {
      inFloat32.add(deviations(narrow, unit, scale()));
      inFloat64.add(deviations(wide, unit, -scale()));
    }
    if (samples.largest() != null) {
      largestInFloat32 = deviations(narrow, samples.largest(), 1);
      largestInFloat64 = deviations(wide, samples.largest(), -1);
    }
  }

  /** How many samples of the run one of the units stands for. */
  private double scale() {
    return (double) run.count() / samples.count();
  }

  /**
   * @param weight of the samples' gradients in the excess
   */
  private double[] deviations(MomentsPass pass, Block unit, double weight) {
    Moments moments = Moments.empty(run.layout(), VarianceDetail.PARAMETERS);
    pass.add(unit, moments);
    for (int i = 0; i < excess.length; i++) {
      excess[i] += weight * moments.sum(i);
    }
    return deviations(moments);
  }

  /** Whether all samples of the run are compared. */
  public boolean isOfAll() {
    return samples.areAll();
  }

  /** What a difference between the precisions stands for in the run's precision. */
  private double room() {
    double room = samples.areAll() ? ROOM : ROOM_OF_SAMPLES;
    return precision == Precision.FLOAT64 ? room * FLOAT64_PER_FLOAT32 : room;
  }

  /** The precision in which all is known of which no difference tells: the sums of all samples. */
  private Precision ofSums() {
    return samples.areAll() ? Precision.FLOAT64 : precision;
  }

  /** The bounds of the variance; that of the gradient is not known. */
  public ErrorBounds ofVariance() {
    if (run.count() == 1) {
      return ErrorBounds.none(run.layout());
    }
    List<ParameterLayout.Entry> entries = run.layout().entries();
    double[] variances = variances(run);
    double[] roundings = new double[entries.size()];
    double[] errors = new double[entries.size()];
    double[][] differences = differences();
    for (int p = 0; p < errors.length; p++) {
      double squaredMean = squaredMean(run, entries.get(p));
      roundings[p] = SumRoundings.inVariance(ofSums(), squaredMean, Math.max(variances[p], 0));
      errors[p] = room() * scaled(differences[p], p, variances[p]) + roundings[p];
    }
    double[] ofUnits = new double[differences[0].length];
    for (double[] ofParameter : differences) {
      for (int b = 0; b < ofUnits.length; b++) {
        ofUnits[b] += ofParameter[b];
      }
    }
    double total = Arrays.stream(variances).sum();
    double error = room() * scaled(ofUnits, ALL, total) + Arrays.stream(roundings).sum();
    List<Double> bounds = new ArrayList<>();
    for (int p = 0; p < errors.length; p++) {
      bounds.add(ErrorBounds.relative(errors[p], variances[p]));
    }
    return new ErrorBounds(ErrorBounds.relative(error, total), bounds, Double.NaN);
  }

  /**
   * By how much {@code sum_n ||g_n - mean||^2} in float32 exceeds that in float64 with the run's
   * mean, {@code [parameter][unit]}; of all samples, by how much the variances differ.
   */
  private double[][] differences() {
    int units = samples.areAll() ? 1 : inFloat32.size();
    double[][] differences = new double[run.layout().entries().size()][units];
    for (int b = 0; b < units; b++) {
      double[] one = samples.areAll() ? variances(run) : inFloat32.get(b);
      double[] two = samples.areAll() ? variances(other) : inFloat64.get(b);
      for (int p = 0; p < differences.length; p++) {
        differences[p][b] = one[p] - two[p];
      }
    }
    return differences;
  }

  /** The error of the run's variance that the units' differences stand for. */
  private double scaled(double[] differences, int parameter, double variance) {
    double sum = 0;
    double squares = 0;
    for (double difference : differences) {
      sum += difference;
      squares += difference * difference;
    }
    if (!Double.isFinite(sum)) {
      return Math.max(variance, 0); // float32 overflows where float64 does not
    }
    if (samples.areAll()) {
      return Math.abs(sum);
    }
    double off = Math.abs(sum) + DEVIATIONS * Math.sqrt(squares);
    double size = 0;
    for (double[] deviations : inFloat64) {
      size += parameter == ALL ? Arrays.stream(deviations).sum() : deviations[parameter];
    }
    // Relative to the sampled deviations too: those of other samples may be larger.
    double relative = Math.max(size > 0 ? off / size : 0, relativeOfLargest(parameter));
    return Math.max(off / samples.count(), relative * Math.max(variance, 0));
  }

  /** By how much the deviations of the largest gradients differ, relative to these. */
  private double relativeOfLargest(int parameter) {
    if (largestInFloat64 == null) {
      return 0;
    }
    double off = 0;
    double size = 0;
    for (int p = 0; p < largestInFloat64.length; p++) {
      if (parameter == ALL || parameter == p) {
        off += Math.abs(largestInFloat32[p] - largestInFloat64[p]);
        size += largestInFloat64[p];
      }
    }
    return off < size ? off / size : size > 0 ? 1 : 0;
  }

  /** {@code S2/N - ||S1/N||^2} for each parameter, negative where rounding makes it so. */
  private static double[] variances(Moments moments) {
    List<ParameterLayout.Entry> entries = moments.layout().entries();
    double[] variances = new double[entries.size()];
    for (int p = 0; p < variances.length; p++) {
      variances[p] = squares(moments, p) / moments.count() - squaredMean(moments, entries.get(p));
    }
    return variances;
  }

  private static double squares(Moments moments, int parameter) {
    ParameterLayout.Entry entry = moments.squaredLayout().entries().get(parameter);
    double sum = 0;
    for (int i = entry.offset(); i < entry.offset() + entry.size(); i++) {
      sum += moments.squaredSum(i);
    }
    return sum;
  }

  private static double squaredMean(Moments moments, ParameterLayout.Entry entry) {
    double sum = 0;
    for (int i = entry.offset(); i < entry.offset() + entry.size(); i++) {
      double mean = moments.sum(i) / moments.count();
      sum += mean * mean;
    }
    return sum;
  }

  /** {@code sum_n ||g_n - mean||^2} for each parameter, with the mean of the run. */
  private double[] deviations(Moments unit) {
    List<ParameterLayout.Entry> entries = unit.layout().entries();
    double[] deviations = new double[entries.size()];
    for (int p = 0; p < deviations.length; p++) {
      ParameterLayout.Entry entry = entries.get(p);
      double product = 0;
      for (int i = entry.offset(); i < entry.offset() + entry.size(); i++) {
        product += unit.sum(i) * run.sum(i) / run.count();
      }
      deviations[p] = squares(unit, p) - 2 * product + unit.count() * squaredMean(run, entry);
    }
    return deviations;
  }

  /**
   * What is known of the error of the functional's gradient before there is one.
   *
   * @param other the gradient in the other precision, or null
   * @param room what the difference from it stands for
   * @param error what is known beside it
   * @param relative what is known beside it, relative to the gradient
   */
  public record GradientError(double[] other, double room, double error, double relative) {

    /** The bound relative to the exact gradient. */
    public double bound(ParameterVector gradient) {
      double size = gradient.norm();
      if (other == null) {
        return ErrorBounds.relative(error + relative * size, size);
      }
      double squares = 0;
      for (int i = 0; i < other.length; i++) {
        double difference = gradient.value(i) - other[i];
        squares += difference * difference;
      }
      return ErrorBounds.relative(
          room * orAll(Math.sqrt(squares), size) + SumRoundings.inGradient(Precision.FLOAT64, size),
          size);
    }
  }

  /** The error of the functional's gradient, without holding on to what it was found by. */
  public GradientError ofGradient(MomentFunctional functional, Reduction reduction) {
    if (run.count() == 1) {
      return new GradientError(null, 0, 0, 0);
    }
    if (!samples.areAll()) {
      return errorOfSamples(functional, reduction);
    }
    Backend backend = precision == Precision.FLOAT32 ? float64 : float32;
    double[] totals = new double[run.layout().size()];
    PullBackPass pass = pullBack(backend, Cotangents.of(functional, other, reduction, float64));
    samples.units().forEach(unit -> pass.add(unit, totals));
    return new GradientError(totals, room(), 0, 0);
  }

  /** What is not a finite number in float32 is off by all there is. */
  private static double orAll(double difference, double size) {
    return Double.isFinite(difference) ? difference : size;
  }

  /**
   * What a unit adds to the gradient in float32 less that in float64, and the norm of the latter.
   */
  private record Contribution(float[] difference, double size) {
    double relative() {
      return size > 0 ? orAll(Math.sqrt(product(difference, difference)), size) / size : 0;
    }
  }

  private Contribution contribution(PullBackPass narrow, PullBackPass wide, Block unit) {
    double[] inNarrow = new double[run.layout().size()];
    double[] inWide = new double[run.layout().size()];
    narrow.add(unit, inNarrow);
    wide.add(unit, inWide);
    float[] difference = new float[inWide.length];
    double squares = 0;
    for (int i = 0; i < difference.length; i++) {
      difference[i] = (float) (inNarrow[i] - inWide[i]);
      squares += inWide[i] * inWide[i];
    }
    return new Contribution(difference, Math.sqrt(squares));
  }

  private GradientError errorOfSamples(MomentFunctional functional, Reduction reduction) {
    List<float[]> differences = new ArrayList<>();
    double sizes = 0;
    PullBackPass narrow = pullBack(float32, cotangents(functional, reduction, Precision.FLOAT32));
    PullBackPass wide = pullBack(float64, cotangents(functional, reduction, Precision.FLOAT64));
    for (Block unit : samples.units()) {
      Contribution contribution = contribution(narrow, wide, unit);
      sizes += contribution.size();
      differences.add(contribution.difference());
    }
    double all = scale() * sizes;
    double error = orAll(normOfSum(differences, scale()), all);
    double relative = all > 0 ? error / all : 0;
    if (samples.largest() != null) {
      Contribution contribution = contribution(narrow, wide, samples.largest());
      all += contribution.size();
      error += contribution.relative() * contribution.size();
      relative = Math.max(relative, contribution.relative());
    }
    return new GradientError(
        null,
        0,
        room() * error + SumRoundings.inGradient(precision, all),
        room() * relative + SumRoundings.inGradient(precision, 1));
  }

  private PullBackPass pullBack(Backend backend, Cotangents cotangents) {
    return new PullBackPass(objective, parameters, cotangents, backend);
  }

  /**
   * The functional's cotangents at the run's moments; in the other precision at moments that have
   * not the error of the mean gradient that the samples show.
   */
  private Cotangents cotangents(
      MomentFunctional functional, Reduction reduction, Precision inPrecision) {
    if (inPrecision == precision) {
      return Cotangents.of(functional, run, reduction, float64);
    }
    List<double[]> arrays = new ArrayList<>(run.arrays());
    double[] sums = arrays.get(1).clone();
    for (int i = 0; i < sums.length; i++) {
      sums[i] += precision == Precision.FLOAT32 ? -excess[i] : excess[i];
    }
    arrays.set(1, sums);
    VarianceDetail detail =
        run.holdsElements() ? VarianceDetail.ELEMENTS : VarianceDetail.PARAMETERS;
    Moments corrected = Moments.ofArrays(run.layout(), detail, arrays);
    return Cotangents.of(functional, corrected, reduction, float64);
  }

  /**
   * The norm of the sum over all units of vectors of which some are known: their mean, which
   * belongs to each unit, as far as the products of different vectors tell it from their
   * deviations, of which only the squares add up.
   *
   * @param scale all units over the known ones
   */
  private static double normOfSum(List<float[]> known, double scale) {
    int units = known.size();
    double squares = 0;
    double products = 0;
    double squaredProducts = 0;
    for (int a = 0; a < units; a++) {
      squares += product(known.get(a), known.get(a));
      for (int b = 0; b < a; b++) {
        double product = product(known.get(a), known.get(b));
        products += product;
        squaredProducts += product * product;
      }
    }
    double all = scale * units;
    int pairs = units * (units - 1) / 2;
    double squaredMean =
        pairs == 0
            ? squares
            : (Math.max(products, 0) + DEVIATIONS * Math.sqrt(squaredProducts)) / pairs;
    return Math.sqrt(all * all * Math.min(squaredMean, squares) + all * squares / units);
  }

  private static double product(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }
}
