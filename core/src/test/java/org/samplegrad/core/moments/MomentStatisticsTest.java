package org.samplegrad.core.moments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Scale;
import org.samplegrad.core.backend.Precision;

class MomentStatisticsTest {

  /** Samples around {@code mean} with a standard deviation of {@code spread}. */
  private static Samples around(double mean, double spread, int count, Random random) {
    double[][] gradients = new double[count][Samples.SIZE];
    for (double[] gradient : gradients) {
      Arrays.setAll(gradient, j -> mean + spread * random.nextGaussian());
    }
    return Samples.of(gradients);
  }

  private static double relativeErrorBound(double mean, double deviation) {
    double[] above = new double[Samples.SIZE];
    double[] below = new double[Samples.SIZE];
    Arrays.fill(above, mean + deviation);
    Arrays.fill(below, mean - deviation);
    return MomentStatistics.of(Samples.of(above, below).moments(), Reduction.SUM)
        .relativeErrorBound(Precision.FLOAT32);
  }

  @Property(tries = 200)
  void varianceIsNeverNegative(
      @ForAll @DoubleRange(min = -1e6, max = 1e6) double mean,
      @ForAll @DoubleRange(min = 0, max = 1e-6) @Scale(9) double spread,
      @ForAll @IntRange(min = 1, max = 9) int count,
      @ForAll Random random) {
    Moments moments = around(mean, spread, count, random).moments();
    for (Reduction reduction : Reduction.values()) {
      double[] variance = MomentStatistics.of(moments, reduction).variance().values();
      // Double.compare counts -0.0 as below 0.0
      assertThat(variance)
          .matches(values -> Arrays.stream(values).allMatch(v -> Double.compare(v, 0) >= 0));
    }
  }

  @Property(tries = 100)
  void oneSampleHasNoVariance(@ForAll @DoubleRange(min = -1e9, max = 1e9) double gradient) {
    double[] gradients = new double[Samples.SIZE];
    Arrays.fill(gradients, gradient / 3);
    MomentStatistics statistics =
        MomentStatistics.of(Samples.of(gradients).moments(), Reduction.SUM);
    assertThat(statistics.variance().values()).containsOnly(0.0);
    assertThat(statistics.meanGradient().values()).containsExactly(gradients);
    assertThat(statistics.relativeErrorBound(Precision.FLOAT32)).isZero();
    Moments third = new Samples(new double[1], new double[][] {gradients}, 3).moments();
    assertThat(MomentStatistics.of(third, Reduction.MEAN).variance().values()).containsOnly(0.0);
  }

  @Example
  void meanAndVarianceCarryTheReduction() {
    Samples samples = StandardFunctionalTest.randomSamples(6);
    double[] losses = {1, 2, 3, 4, 5, 6};
    Moments moments = new Samples(losses, samples.gradients(), 2).moments();
    for (Reduction reduction : Reduction.values()) {
      double factor = reduction == Reduction.SUM ? 1 : 1.0 / (6 * 2);
      MomentStatistics statistics = MomentStatistics.of(moments, reduction);
      assertThat(statistics.count()).isEqualTo(6);
      assertThat(statistics.lossMean()).isEqualTo(21.0 / 12);
      assertThat(statistics.meanGradient().values())
          .containsExactly(samples.mean(factor), within(1e-14));
      assertThat(statistics.variance().values())
          .containsExactly(samples.variance(factor), within(1e-14));
    }
  }

  @Example
  void noSamplesAreRefused() {
    assertThatThrownBy(() -> MomentStatistics.of(Moments.empty(Samples.LAYOUT), Reduction.SUM))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("No samples");
  }

  @Example
  void errorBoundGrowsAsSquaredMeanOverVariance() {
    assertThat(relativeErrorBound(0, 1)).isCloseTo(8 * 0x1p-24, within(1e-12));
    double bound = relativeErrorBound(1e4, 1);
    assertThat(bound).isCloseTo(8 * 0x1p-24 * 2e8, within(1e-5 * bound));
    assertThat(relativeErrorBound(2e4, 1) / bound).isCloseTo(4, within(1e-4));
    assertThat(relativeErrorBound(1e4, 2) / bound).isCloseTo(0.25, within(1e-4));
  }

  @Example
  void errorBoundIsInfiniteWhereOnlyTheVarianceVanishes() {
    assertThat(relativeErrorBound(1, 0)).isInfinite();
    assertThat(relativeErrorBound(0, 0)).isZero();
  }

  @Example
  void errorBoundOfAParameterLeavesTheRestOut() {
    double[] first = {1, 1, 1, 1, 1e6, 0};
    double[] second = {2, 2, 2, 2, 1e6 + 1, 0};
    MomentStatistics statistics =
        MomentStatistics.of(Samples.of(first, second).moments(), Reduction.SUM);
    double weight = statistics.relativeErrorBound(Precision.FLOAT32, 0);
    double bias = statistics.relativeErrorBound(Precision.FLOAT32, 1);
    assertThat(weight).isCloseTo(8 * 0x1p-24 * (1 + 4 * 2 * 2.25), within(1e-12));
    assertThat(bias).isGreaterThan(1e5);
    assertThat(statistics.relativeErrorBound(Precision.FLOAT64))
        .isEqualTo(0x1p-29 * statistics.relativeErrorBound(Precision.FLOAT32));
  }

  @Property(tries = 200)
  void errorBoundBoundsTheErrorOfRoundedGradients(
      @ForAll @DoubleRange(min = 0.01, max = 1e4) double mean,
      @ForAll @IntRange(min = 2, max = 20) int count,
      @ForAll Random random) {
    Samples exact = around(mean, 1, count, random);
    double[][] rounded =
        Arrays.stream(exact.gradients())
            .map(gradient -> Arrays.stream(gradient).map(x -> (float) x).toArray())
            .toArray(double[][]::new);
    MomentStatistics statistics = MomentStatistics.of(Samples.of(rounded).moments(), Reduction.SUM);
    double expected = Arrays.stream(exact.variance(1)).sum();
    double found = Arrays.stream(statistics.variance().values()).sum();
    assertThat(Math.abs(found - expected) / expected)
        .isLessThanOrEqualTo(statistics.relativeErrorBound(Precision.FLOAT32));
  }
}
