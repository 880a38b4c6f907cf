package org.samplegrad.core.passes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.samplegrad.core.ops.Shapes.sumAll;

import java.util.ArrayList;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Backends;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.layers.Linear;
import org.samplegrad.core.losses.LossKind;
import org.samplegrad.core.models.Sequential;
import org.samplegrad.core.moments.Reduction;
import org.samplegrad.core.moments.StandardFunctional;
import org.samplegrad.core.ops.Elementwise;
import org.samplegrad.core.parameters.ParameterVector;
import org.samplegrad.core.persample.Quantity;

/**
 * Everything that computes the total variance against what follows by hand for a line with the
 * squared loss: with {@code r_n = w x_n + b - t_n} it is {@code g_n = 2 r_n (x_n, 1)} and {@code
 * H_n = 2 (x_n, 1)^T (x_n, 1)}.
 */
class ClosedFormTest {
  private static final double[] INPUTS = {1, 2, -1, 0.5};
  private static final double[] TARGETS = {0, 1, 3, -2};
  private static final double WEIGHT = 0.75;
  private static final double BIAS = -0.5;
  private static final int COUNT = INPUTS.length;
  private static final Offset<Double> ROUNDING = within(1e-11);

  private final Objective objective =
      new Objective(
          new Sequential(Shape.of(1), List.of(new Linear(1, 1, true))),
          LossKind.named("mse").create());
  private final ParameterVector parameters =
      new ParameterVector(objective.model().parameters(), new double[] {WEIGHT, BIAS});
  private final Block block = Block.of(COUNT, Shape.of(1), INPUTS, TARGETS);

  private final double[][] gradients = new double[COUNT][];
  private final double[] mean = new double[2];
  private final double[] variance = new double[2];
  private final double[] gradient = new double[2];
  private final double[] squaredNormGradient = new double[2];

  ClosedFormTest() {
    for (int n = 0; n < COUNT; n++) {
      double residual = WEIGHT * INPUTS[n] + BIAS - TARGETS[n];
      gradients[n] = new double[] {2 * residual * INPUTS[n], 2 * residual};
      mean[0] += gradients[n][0] / COUNT;
      mean[1] += gradients[n][1] / COUNT;
    }
    for (int n = 0; n < COUNT; n++) {
      double x = INPUTS[n];
      double first = gradients[n][0] - mean[0];
      double second = gradients[n][1] - mean[1];
      variance[0] += first * first / COUNT;
      variance[1] += second * second / COUNT;
      addProduct(gradient, x, x * first + second);
      addProduct(squaredNormGradient, x, x * gradients[n][0] + gradients[n][1]);
    }
  }

  /** {@code (2/N) H_n d} with {@code H_n d = 2 (x, 1) <(x, 1), d>}. */
  private static void addProduct(double[] sum, double x, double product) {
    sum[0] += 2.0 / COUNT * 2 * x * product;
    sum[1] += 2.0 / COUNT * 2 * product;
  }

  /** Each individual gradient carries it. */
  private static double factor(Reduction reduction) {
    return reduction == Reduction.SUM ? 1 : 1.0 / COUNT;
  }

  private static double[] scaled(double factor, double... values) {
    double[] scaled = values.clone();
    for (int i = 0; i < scaled.length; i++) {
      scaled[i] *= factor;
    }
    return scaled;
  }

  @ParameterizedTest
  @EnumSource
  void ofTheNaiveLoop(Reduction reduction) {
    double factor = factor(reduction);
    try (Backend backend = Backends.open(Backends.AUTO, Precision.FLOAT64)) {
      List<Block> samples = new ArrayList<>();
      for (int n = 0; n < COUNT; n++) {
        samples.add(block.sample(n));
      }
      NaiveLoop found = NaiveLoop.over(objective, parameters, samples, reduction, backend);
      assertThat(found.totalVariance())
          .isCloseTo(factor * factor * (variance[0] + variance[1]), ROUNDING);
      assertThat(found.meanGradient().values()).containsExactly(scaled(factor, mean), ROUNDING);
      assertThat(found.variance().values())
          .containsExactly(scaled(factor * factor, variance), ROUNDING);
      assertThat(found.gradient().values())
          .containsExactly(scaled(factor * factor, gradient), ROUNDING);
      assertThat(
              NaiveLoop.meanSquaredNormGradient(objective, parameters, samples, reduction, backend)
                  .values())
          .containsExactly(scaled(factor * factor, squaredNormGradient), ROUNDING);
    }
  }

  @ParameterizedTest
  @EnumSource
  void ofABatchInMemory(Reduction reduction) {
    double factor = factor(reduction);
    try (LocalBatch batch =
        new LocalBatch(objective, parameters, block, reduction, Precision.FLOAT64)) {
      assertThat(batch.value(StandardFunctional.TOTAL_VARIANCE))
          .isCloseTo(factor * factor * (variance[0] + variance[1]), ROUNDING);
      assertThat(batch.gradient(StandardFunctional.TOTAL_VARIANCE).values())
          .containsExactly(scaled(factor * factor, gradient), ROUNDING);
      assertThat(batch.gradient(StandardFunctional.MEAN_SQUARED_NORM).values())
          .containsExactly(scaled(factor * factor, squaredNormGradient), ROUNDING);
      assertThat(batch.statistics().count()).isEqualTo(COUNT);
      assertThat(batch.statistics().meanGradient().values())
          .containsExactly(scaled(factor, mean), ROUNDING);
      double[] weights = new double[COUNT];
      for (int n = 0; n < COUNT; n++) {
        weights[n] = factor * gradients[n][0];
      }
      assertThat(batch.quantity("0.weight", Quantity.BATCH_GRAD))
          .containsExactly(weights, ROUNDING);
      assertThat(batch.quantity("0.bias", Quantity.VARIANCE))
          .containsExactly(scaled(factor * factor, variance[1]), ROUNDING);
    }
  }

  /**
   * Of {@code sum_j S2_j^2} for a plane without bias, so that the cotangents differ between the
   * elements of a parameter: {@code sum_n H_n (4 S2 * g_n)} with {@code H_n = 2 x_n x_n^T}.
   */
  @Test
  void ofAFunctionalThatWeighsElementsDifferently() {
    Objective plane =
        new Objective(
            new Sequential(Shape.of(2), List.of(new Linear(2, 1, false))),
            LossKind.named("mse").create());
    double[][] inputs = {{1, 2}, {-1, 0.5}, {3, -2}};
    double[] targets = {0, 1, -2};
    double[] weights = {0.5, -0.25};
    double[] squares = new double[2];
    double[][] individual = new double[3][2];
    for (int n = 0; n < 3; n++) {
      double residual = weights[0] * inputs[n][0] + weights[1] * inputs[n][1] - targets[n];
      for (int j = 0; j < 2; j++) {
        individual[n][j] = 2 * residual * inputs[n][j];
        squares[j] += individual[n][j] * individual[n][j];
      }
    }
    double[] expected = new double[2];
    for (int n = 0; n < 3; n++) {
      double along = 0;
      for (int j = 0; j < 2; j++) {
        along += inputs[n][j] * 4 * squares[j] * individual[n][j];
      }
      for (int j = 0; j < 2; j++) {
        expected[j] += 2 * inputs[n][j] * along;
      }
    }
    Block samples = Block.of(3, Shape.of(2), new double[] {1, 2, -1, 0.5, 3, -2}, targets);
    try (LocalBatch batch =
        new LocalBatch(
            plane,
            new ParameterVector(plane.model().parameters(), weights),
            samples,
            Reduction.SUM,
            Precision.FLOAT64)) {
      ParameterVector found =
          batch.gradient(
              (count, sums, squaredSums) -> sumAll(Elementwise.square(squaredSums.get(0))));
      assertThat(found.values()).containsExactly(expected, within(1e-12 * Math.abs(expected[0])));
    }
  }
}
