package org.samplegrad.job.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.samplegrad.core.backend.Backends;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Window;
import org.samplegrad.core.layers.Activation;
import org.samplegrad.core.layers.Convolution;
import org.samplegrad.core.layers.Flatten;
import org.samplegrad.core.layers.LayerNorm;
import org.samplegrad.core.layers.Linear;
import org.samplegrad.core.losses.CrossEntropy;
import org.samplegrad.core.losses.MeanSquaredError;
import org.samplegrad.core.models.Sequential;
import org.samplegrad.core.moments.MomentFunctional;
import org.samplegrad.core.moments.Reduction;
import org.samplegrad.core.moments.StandardFunctional;
import org.samplegrad.core.moments.VarianceDetail;
import org.samplegrad.core.parameters.ParameterVector;
import org.samplegrad.core.passes.Objective;
import org.samplegrad.datasets.BlockBuilder;
import org.samplegrad.datasets.IndexedSource;
import org.samplegrad.datasets.RowPolicy;
import org.samplegrad.datasets.RowProblem;
import org.samplegrad.datasets.SampleFormat;
import org.samplegrad.datasets.SampleSource;
import org.samplegrad.datasets.sources.SyntheticSamples;
import org.samplegrad.datasets.spark.BlockOptions;
import org.samplegrad.datasets.spark.SourceBlocks;
import org.samplegrad.datasets.spark.SparkSuite;
import org.samplegrad.job.failures.JobFailedException;

class TwoPassJobTest extends SparkSuite {
  private static final int SAMPLES = 20;
  private static final int BLOCK_SIZE = 3;
  private static final int PARTITIONS = 4;

  /** Smooth, so that finite differences mean something. */
  private static final Objective SMALL_CONVOLUTION =
      new Objective(
          new Sequential(
              Shape.of(2, 4, 4),
              List.of(
                  new Convolution(
                      2,
                      2,
                      Window.ofKernel(3, 2).withStride(2, 1).withPadding(1, 0).withDilation(1, 2),
                      2,
                      true),
                  Activation.TANH,
                  new Flatten(),
                  new Linear(2 * 2 * 2, 3, true))),
          new CrossEntropy());

  private static final Objective LINE =
      new Objective(
          new Sequential(Shape.of(1), List.of(new Linear(1, 1, false))), new MeanSquaredError());

  /** Remembers what the job told. */
  private final class Log implements PassListener {
    private final List<String> lines = new ArrayList<>();
    private final List<Integer> storedSets = new ArrayList<>();

    @Override
    public void passStarted(String pass, String over, Precision precision) {
      lines.add(pass + " " + precision);
      storedSets.add(jsc().getPersistentRDDs().size());
    }

    @Override
    public void passEnded(String pass, double seconds) {
      assertThat(seconds).isPositive();
    }

    @Override
    public void repeatsInFloat64(String what, double relativeErrorBound) {
      lines.add("repeats");
    }
  }

  private final Log log = new Log();
  private int blockSize = BLOCK_SIZE;
  private String backend = Backends.AUTO;

  private FunctionalResult run(
      Objective objective,
      ParameterVector parameters,
      SampleSource source,
      MomentFunctional functional,
      Reduction reduction,
      PrecisionChoice precision) {
    return run(
        objective, parameters, source, functional, reduction, precision, TotalsReduction::of);
  }

  private FunctionalResult run(
      Objective objective,
      ParameterVector parameters,
      SampleSource source,
      MomentFunctional functional,
      Reduction reduction,
      PrecisionChoice precision,
      TotalsReduction.Choice reductions) {
    BlockOptions options =
        new BlockOptions(blockSize, PARTITIONS, BlockOptions.ALL, RowPolicy.FAIL);
    return new TwoPassJob(jsc(), objective, parameters, backend, log, reductions)
        .run(
            p -> SourceBlocks.of(jsc(), source, "samples", format(objective, p), options),
            new TwoPassJob.Plan(functional, VarianceDetail.ELEMENTS, reduction, precision));
  }

  private static SampleFormat format(Objective objective, Precision precision) {
    return new SampleFormat(objective.model().inputShape(), objective.target(), precision);
  }

  @ParameterizedTest
  @EnumSource(Reduction.class)
  void gradientEqualsFiniteDifferencesThroughTheWholeJob(Reduction reduction) {
    ParameterVector parameters = SMALL_CONVOLUTION.model().initialParameters(1);
    SampleSource source =
        new SyntheticSamples(
            SMALL_CONVOLUTION.model().inputShape().size(), SMALL_CONVOLUTION.target(), 0, SAMPLES);
    ParameterVector gradient = totalVariance(parameters, source, reduction).gradient();
    double step = 1e-5;
    // One element of each parameter tensor: every one costs two whole jobs.
    for (var entry : parameters.layout().entries()) {
      int element = entry.offset() + entry.size() / 2;
      double above = totalVariance(moved(parameters, element, step), source, reduction).value();
      double below = totalVariance(moved(parameters, element, -step), source, reduction).value();
      double expected = (above - below) / (2 * step);
      assertThat(gradient.value(element))
          .as(entry.name())
          .isCloseTo(expected, within(1e-7 * gradient.norm()));
    }
  }

  private FunctionalResult totalVariance(
      ParameterVector parameters, SampleSource source, Reduction reduction) {
    return run(
        SMALL_CONVOLUTION,
        parameters,
        source,
        StandardFunctional.TOTAL_VARIANCE,
        reduction,
        PrecisionChoice.FLOAT64);
  }

  private static ParameterVector moved(ParameterVector parameters, int element, double step) {
    double[] values = parameters.values();
    values[element] += step;
    return new ParameterVector(parameters.layout(), values);
  }

  @Test
  void bothPassesTakeAnyFunctional() {
    ParameterVector parameters = SMALL_CONVOLUTION.model().initialParameters(2);
    SampleSource source =
        new SyntheticSamples(
            SMALL_CONVOLUTION.model().inputShape().size(), SMALL_CONVOLUTION.target(), 0, SAMPLES);
    FunctionalResult variance = totalVariance(parameters, source, Reduction.SUM);
    FunctionalResult meanSquared = run(parameters, source, StandardFunctional.MEAN_SQUARED_NORM);
    FunctionalResult squaredMean = run(parameters, source, StandardFunctional.SQUARED_MEAN_NORM);
    assertThat(meanSquared.value() - squaredMean.value())
        .isCloseTo(variance.value(), within(1e-12 * meanSquared.value()));
    for (int i = 0; i < parameters.layout().size(); i++) {
      assertThat(meanSquared.gradient().value(i) - squaredMean.gradient().value(i))
          .isCloseTo(variance.gradient().value(i), within(1e-11 * meanSquared.gradient().norm()));
    }
  }

  private FunctionalResult run(
      ParameterVector parameters, SampleSource source, MomentFunctional functional) {
    return run(
        SMALL_CONVOLUTION, parameters, source, functional, Reduction.SUM, PrecisionChoice.FLOAT64);
  }

  static Stream<TotalsReduction.Choice> reductions() {
    return Stream.of(
        (lengths, deliveries) -> new CollectedReduction(lengths),
        (lengths, deliveries) -> new SlicedReduction(lengths, 7));
  }

  @ParameterizedTest
  @MethodSource("reductions")
  void theResultHasTheSameBitsHoweverTotalsTravel(TotalsReduction.Choice reductions) {
    ParameterVector parameters = SMALL_CONVOLUTION.model().initialParameters(3);
    SampleSource source =
        new SyntheticSamples(
            SMALL_CONVOLUTION.model().inputShape().size(), SMALL_CONVOLUTION.target(), 0, SAMPLES);
    FunctionalResult expected = totalVariance(parameters, source, Reduction.SUM);
    FunctionalResult result =
        run(
            SMALL_CONVOLUTION,
            parameters,
            source,
            StandardFunctional.TOTAL_VARIANCE,
            Reduction.SUM,
            PrecisionChoice.FLOAT64,
            reductions);
    assertThat(result.value()).isEqualTo(expected.value());
    assertThat(result.gradient().values()).containsExactly(expected.gradient().values());
  }

  /**
   * Samples {@code x = 1} with the labels {@code offset, offset + spread, offset, ...}: under the
   * line's squared loss with weight zero the gradients are {@code -2 y}, their variance {@code
   * spread^2}.
   */
  private record TwoLabels(double offset, double spread, long count) implements IndexedSource {
    @Override
    public RowProblem read(long index, BlockBuilder into) {
      double label = offset + (index % 2) * spread;
      return RowProblem.of(
          into.features().take(new float[] {1}), into.label().take(new double[] {label}));
    }

    @Override
    public TwoLabels range(long from, long to) {
      return new TwoLabels(
          from % 2 == 0 ? offset : offset + spread, spread * (from % 2 == 0 ? 1 : -1), to - from);
    }
  }

  /** Rows of which one is so far from 0 that its normalisation cancels, with a label as far. */
  private record OneFarRow(long first, long count) implements IndexedSource {
    private static final long FAR = 3333;

    @Override
    public RowProblem read(long index, BlockBuilder into) {
      long row = first + index;
      double offset = row == FAR ? 1e5 : 0;
      double[] features = {offset + row % 7, offset - row % 5, offset + 0.1 * (row % 11)};
      double label = row == FAR ? 1e4 : row % 3;
      return RowProblem.of(into.features().take(features), into.label().take(new double[] {label}));
    }

    @Override
    public OneFarRow range(long from, long to) {
      return new OneFarRow(first + from, to - from);
    }
  }

  /** So many rows that only some are compared, of which one outweighs all others. */
  @Test
  void boundsHoldWhereOneRowOutweighsAllOthers() {
    Objective objective =
        new Objective(
            new Sequential(
                Shape.of(3),
                List.of(
                    new LayerNorm(Shape.of(3), 1e-5, true, true),
                    new Linear(3, 200, true),
                    Activation.TANH,
                    new Linear(200, 1, true))),
            new MeanSquaredError());
    ParameterVector parameters = objective.model().initialParameters(1);
    blockSize = 100;
    FunctionalResult found = oneFarRow(objective, parameters, PrecisionChoice.FLOAT32);
    FunctionalResult exact = oneFarRow(objective, parameters, PrecisionChoice.FLOAT64);
    assertThat(Math.abs(found.value() - exact.value())).isGreaterThan(1e-5 * exact.value());
    assertWithin(found.bounds().totalVariance(), found.value(), exact.value());
    assertThat(distance(found.gradient(), exact.gradient()))
        .isLessThanOrEqualTo(found.bounds().gradient() * exact.gradient().norm());
  }

  private FunctionalResult oneFarRow(
      Objective objective, ParameterVector parameters, PrecisionChoice precision) {
    return run(
        objective,
        parameters,
        new OneFarRow(0, 5000),
        StandardFunctional.TOTAL_VARIANCE,
        Reduction.SUM,
        precision);
  }

  private FunctionalResult line(SampleSource source, PrecisionChoice precision) {
    ParameterVector zero = new ParameterVector(LINE.model().parameters(), new double[] {0});
    return run(LINE, zero, source, StandardFunctional.TOTAL_VARIANCE, Reduction.SUM, precision);
  }

  @Test
  void repeatsInFloat64WhatFloat32CannotResolve() {
    double spread = 1.0 / 128;
    SampleSource source = new TwoLabels(1000, spread, 100);
    FunctionalResult result = line(source, PrecisionChoice.AUTO);
    assertThat(result.precision()).isEqualTo(Precision.FLOAT64);
    assertThat(result.value()).isCloseTo(spread * spread, within(1e-4 * spread * spread));
    assertThat(log.lines)
        .containsExactly(
            "Moments pass float32", "repeats", "Moments pass float64", "Pull-back pass float64");
    assertThat(log.storedSets).containsExactly(1, 1, 1);
    assertThat(jsc().getPersistentRDDs()).isEmpty();
  }

  @Test
  void aBackendWithoutFloat64SaysSoWhereFloat32WillNotDo() {
    backend = "cpu";
    assertThatThrownBy(() -> line(new TwoLabels(1000, 1.0 / 128, 100), PrecisionChoice.AUTO))
        .isInstanceOf(JobFailedException.class)
        .hasMessageContainingAll("total variance", "'cpu' has no float64", "Leave out --backend");
    assertThat(jsc().getPersistentRDDs()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {SAMPLES, 40_000})
  void staysInFloat32WhereThatIsAccurate(int samples) {
    blockSize = Math.max(BLOCK_SIZE, samples / 20);
    FunctionalResult result = convolution(samples, PrecisionChoice.AUTO);
    FunctionalResult exact = convolution(samples, PrecisionChoice.FLOAT64);
    assertThat(result.precision()).isEqualTo(Precision.FLOAT32);
    assertThat(log.lines).startsWith("Moments pass float32", "Pull-back pass float32");
    assertThat(log.lines).hasSize(4);
    assertWithin(result.bounds().totalVariance(), result.value(), exact.value());
    assertThat(result.bounds().totalVariance()).isBetween(1e-12, 1e-5);
    assertThat(result.bounds().gradient()).isBetween(1e-9, 1e-4);
    assertThat(distance(result.gradient(), exact.gradient()))
        .isLessThanOrEqualTo(result.bounds().gradient() * exact.gradient().norm());
    for (int p = 0; p < result.bounds().parameters().size(); p++) {
      assertWithin(
          result.bounds().parameters().get(p),
          result.statistics().variance().sum(exact.gradient().layout().entries().get(p)),
          exact.statistics().variance().sum(exact.gradient().layout().entries().get(p)));
    }
    assertThat(exact.bounds().totalVariance()).isBetween(1e-16, 1e-13);
    assertThat(exact.bounds().gradient()).isBetween(1e-17, 1e-12);
  }

  private static void assertWithin(double bound, double found, double exact) {
    assertThat(Math.abs(found - exact)).isLessThanOrEqualTo(bound * Math.abs(exact));
  }

  private static double distance(ParameterVector a, ParameterVector b) {
    double squares = 0;
    for (int i = 0; i < a.layout().size(); i++) {
      squares += (a.value(i) - b.value(i)) * (a.value(i) - b.value(i));
    }
    return Math.sqrt(squares);
  }

  private FunctionalResult convolution(int samples, PrecisionChoice precision) {
    SampleSource source =
        new SyntheticSamples(
            SMALL_CONVOLUTION.model().inputShape().size(), SMALL_CONVOLUTION.target(), 0, samples);
    return run(
        SMALL_CONVOLUTION,
        SMALL_CONVOLUTION.model().initialParameters(4),
        source,
        StandardFunctional.TOTAL_VARIANCE,
        Reduction.SUM,
        precision);
  }

  /** The line's second derivatives are all the same, so that the gradient of its variance is 0. */
  @Test
  void repeatsInFloat64AGradientThatIsRounding() {
    FunctionalResult result = line(new TwoLabels(1, 2, 100), PrecisionChoice.AUTO);
    assertThat(result.precision()).isEqualTo(Precision.FLOAT64);
    assertThat(result.value()).isCloseTo(4, within(1e-12));
    assertThat(log.lines)
        .containsExactly(
            "Moments pass float32",
            "Pull-back pass float32",
            "repeats",
            "Moments pass float64",
            "Pull-back pass float64");
  }

  @ParameterizedTest
  @EnumSource(PrecisionChoice.class)
  void oneSampleHasNoVariance(PrecisionChoice precision) {
    FunctionalResult result = line(new TwoLabels(0.1, 1, 1), precision);
    assertThat(result.value()).isZero();
    assertThat(result.gradient().values()).containsOnly(0);
    assertThat(result.statistics().variance().values()).containsOnly(0);
  }

  @ParameterizedTest
  @EnumSource(PrecisionChoice.class)
  void overflowNamesTheRowAndAdvisesNoPrecisionThatWasUsed(PrecisionChoice precision) {
    assertThatThrownBy(() -> line(new TwoLabels(1e200, 1, 10), precision))
        .isInstanceOf(JobFailedException.class)
        .hasMessageContainingAll("row 0 of samples", "not a finite number", "overflow", "scale")
        .satisfies(thrown -> assertAdvice(thrown, precision));
  }

  private static void assertAdvice(Throwable thrown, PrecisionChoice precision) {
    boolean advised = thrown.getMessage().contains("--precision float64");
    assertThat(advised).isEqualTo(precision == PrecisionChoice.FLOAT32);
  }

  /** The square root of {@code w x} with {@code x = 1}, but 0 in one row. */
  private record OneZero(long zero, long count) implements IndexedSource {
    @Override
    public RowProblem read(long index, BlockBuilder into) {
      return RowProblem.of(
          into.features().take(new float[] {index == zero ? 0 : 1}),
          into.label().take(new double[] {3}));
    }

    @Override
    public OneZero range(long from, long to) {
      return new OneZero(zero - from, to - from);
    }
  }

  @ParameterizedTest
  @EnumSource(PrecisionChoice.class)
  void anInfiniteDerivativeIsNotCalledOverflow(PrecisionChoice precision) {
    Objective root =
        new Objective(
            new Sequential(Shape.of(1), List.of(new Linear(1, 1, false), Activation.SQRT)),
            new MeanSquaredError());
    ParameterVector one = new ParameterVector(root.model().parameters(), new double[] {1});
    assertThatThrownBy(
            () ->
                run(
                    root,
                    one,
                    new OneZero(13, 20),
                    StandardFunctional.TOTAL_VARIANCE,
                    Reduction.SUM,
                    precision))
        .isInstanceOf(JobFailedException.class)
        .hasMessageContainingAll("row 13 of samples", "0.weight", "its loss is 9", "root")
        .satisfies(thrown -> assertAdvice(thrown, precision));
  }

  @Test
  void overflowOfWhatFloat32CannotHoldIsRepeatedInFloat64() {
    FunctionalResult result = line(new TwoLabels(1e25, 2e25, 10), PrecisionChoice.AUTO);
    assertThat(result.precision()).isEqualTo(Precision.FLOAT64);
    assertThat(result.value()).isCloseTo(4e50, within(1e38));
  }
}
