package org.samplegrad.core.passes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.golden.Closeness;
import org.samplegrad.core.moments.Reduction;
import org.samplegrad.core.moments.StandardFunctional;
import org.samplegrad.core.parameters.ParameterLayout;
import org.samplegrad.core.persample.Quantity;

class LocalBatchTest {

  static LocalBatch open(ObjectiveCase given, Block block, Reduction reduction) {
    return new LocalBatch(
        given.objective(), given.parameters(), block, reduction, Precision.FLOAT64);
  }

  @ParameterizedTest
  @MethodSource("org.samplegrad.core.passes.ObjectiveCase#every")
  void agreesWithTheTwoPassesAndWithItself(ObjectiveCase given) {
    TwoPasses expected =
        TwoPasses.over(
            given.split(2, 3),
            given.objective(),
            given.parameters(),
            StandardFunctional.NOISE_SCALE,
            Reduction.MEAN,
            Precision.FLOAT64);
    try (LocalBatch batch = open(given, given.all(), Reduction.MEAN)) {
      for (int repetition = 0; repetition < 2; repetition++) {
        assertThat(batch.value(StandardFunctional.NOISE_SCALE))
            .isCloseTo(expected.value(), within(1e-10 * expected.value()));
        Closeness.assertThat(batch.gradient(StandardFunctional.NOISE_SCALE))
            .isCloseTo(expected.gradient(), 1e-9);
      }
      assertThat(Arrays.stream(batch.statistics().variance().values()).sum())
          .isCloseTo(batch.value(StandardFunctional.TOTAL_VARIANCE), within(1e-12));
      assertThat(batch.statistics().count()).isEqualTo(5);
    }
  }

  @ParameterizedTest
  @MethodSource("org.samplegrad.core.passes.ObjectiveCase#every")
  void quantitiesAreThoseOfTheIndividualGradients(ObjectiveCase given) {
    for (Reduction reduction : Reduction.values()) {
      double factor = 1;
      if (reduction == Reduction.MEAN) {
        factor = 1 / given.objective().denominator(given.all().targets());
      }
      try (LocalBatch batch = open(given, given.all(), reduction)) {
        for (ParameterLayout.Entry entry : given.parameters().layout().entries()) {
          double[][] individual = individualGradients(given, entry, factor);
          for (Quantity quantity : Quantity.values()) {
            double[] expected = quantityOf(quantity, individual);
            double largest = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
            assertThat(batch.quantity(entry.name(), quantity))
                .as("%s of %s", quantity, entry.name())
                .containsExactly(expected, within(1e-11 * largest));
          }
        }
      }
    }
  }

  /** From batches of one sample each. */
  private static double[][] individualGradients(
      ObjectiveCase given, ParameterLayout.Entry entry, double factor) {
    List<double[]> gradients = new ArrayList<>();
    for (Block sample : given.samples()) {
      try (LocalBatch batch = open(given, sample, Reduction.SUM)) {
        double[] gradient = batch.statistics().meanGradient().values(entry);
        gradients.add(Arrays.stream(gradient).map(g -> factor * g).toArray());
      }
    }
    return gradients.toArray(double[][]::new);
  }

  private static double[] quantityOf(Quantity quantity, double[][] individual) {
    int size = individual[0].length;
    double[] sum = new double[size];
    double[] squares = new double[size];
    double[] variance = new double[size];
    for (double[] gradient : individual) {
      Arrays.setAll(sum, j -> sum[j] + gradient[j]);
      Arrays.setAll(squares, j -> squares[j] + gradient[j] * gradient[j]);
    }
    for (double[] gradient : individual) {
      int n = individual.length;
      Arrays.setAll(variance, j -> variance[j] + Math.pow(gradient[j] - sum[j] / n, 2) / n);
    }
    return switch (quantity) {
      case GRADIENT -> sum;
      case BATCH_GRAD -> Arrays.stream(individual).flatMapToDouble(Arrays::stream).toArray();
      case BATCH_L2_GRAD ->
          Arrays.stream(individual)
              .mapToDouble(gradient -> Arrays.stream(gradient).map(g -> g * g).sum())
              .toArray();
      case SUM_GRAD_SQUARED -> squares;
      case VARIANCE -> variance;
    };
  }

  @ParameterizedTest
  @MethodSource("org.samplegrad.core.passes.ObjectiveCase#every")
  void oneSampleHasNoVarianceAndNoGradientExactly(ObjectiveCase given) {
    for (Precision precision : Precision.values()) {
      for (Reduction reduction : Reduction.values()) {
        try (LocalBatch batch =
            new LocalBatch(
                given.objective(),
                given.parameters(),
                given.samples().get(3),
                reduction,
                precision)) {
          assertThat(batch.value(StandardFunctional.TOTAL_VARIANCE)).isZero();
          assertThat(batch.gradient(StandardFunctional.TOTAL_VARIANCE).norm()).isZero();
          assertThat(batch.statistics().variance().norm()).isZero();
          assertThat(batch.statistics().meanGradient().norm()).isPositive();
        }
      }
    }
  }
}
