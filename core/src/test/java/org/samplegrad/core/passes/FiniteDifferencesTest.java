package org.samplegrad.core.passes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.samplegrad.core.ops.Elementwise.add;
import static org.samplegrad.core.ops.Elementwise.multiply;
import static org.samplegrad.core.ops.Elementwise.scale;
import static org.samplegrad.core.ops.Elementwise.softplus;
import static org.samplegrad.core.ops.Elementwise.sqrt;
import static org.samplegrad.core.ops.Shapes.sumAll;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.moments.MomentFunctional;
import org.samplegrad.core.moments.Reduction;
import org.samplegrad.core.moments.StandardFunctional;
import org.samplegrad.core.parameters.ParameterLayout;
import org.samplegrad.core.parameters.ParameterVector;

/** The gradient of a functional by the parameters against moving each parameter a little. */
class FiniteDifferencesTest {
  private static final double STEP = 1e-4;
  private static final double TOLERANCE = 1e-6;

  /** {@code sum_j softplus(S1_j/N) sqrt(S2_j/N)}, over all parameters. */
  private static final MomentFunctional UNHEARD_OF =
      (count, sums, squaredSums) -> {
        Variable total = null;
        for (int i = 0; i < sums.size(); i++) {
          Variable first = softplus(scale(sums.get(i), 1.0 / count));
          Variable second = sqrt(scale(squaredSums.get(i), 1.0 / count));
          Variable term = sumAll(multiply(first, second));
          total = total == null ? term : add(total, term);
        }
        return total;
      };

  static Stream<Arguments> casesAndReductions() {
    return Stream.concat(ObjectiveCase.smooth(), ObjectiveCase.branched())
        .flatMap(c -> Arrays.stream(Reduction.values()).map(r -> Arguments.of(c, r)));
  }

  private static LocalBatch batch(
      ObjectiveCase given, ParameterVector parameters, Reduction reduction) {
    return new LocalBatch(given.objective(), parameters, given.all(), reduction, Precision.FLOAT64);
  }

  /** Moves each parameter in random directions, the others kept. */
  private static void assertGradient(
      ObjectiveCase given, MomentFunctional functional, Reduction reduction) {
    ParameterVector gradient;
    try (LocalBatch batch = batch(given, given.parameters(), reduction)) {
      gradient = batch.gradient(functional);
    }
    Random random = new Random(0);
    for (ParameterLayout.Entry entry : gradient.layout().entries()) {
      assertThat(gradient.norm(entry)).isPositive();
      for (int trial = 0; trial < 2; trial++) {
        double[] direction = new double[gradient.layout().size()];
        double slope = 0;
        for (int j = entry.offset(); j < entry.offset() + entry.size(); j++) {
          direction[j] = random.nextGaussian();
          slope += direction[j] * gradient.value(j);
        }
        double above = valueAt(given, functional, reduction, direction, STEP);
        double below = valueAt(given, functional, reduction, direction, -STEP);
        assertThat(slope)
            .as("slope along a direction of '%s'", entry.name())
            .isCloseTo((above - below) / (2 * STEP), within(TOLERANCE * gradient.norm(entry)));
      }
    }
  }

  private static double valueAt(
      ObjectiveCase given,
      MomentFunctional functional,
      Reduction reduction,
      double[] direction,
      double step) {
    double[] moved = given.parameters().values();
    Arrays.setAll(moved, j -> moved[j] + step * direction[j]);
    ParameterVector parameters = new ParameterVector(given.parameters().layout(), moved);
    try (LocalBatch batch = batch(given, parameters, reduction)) {
      return batch.value(functional);
    }
  }

  @ParameterizedTest
  @MethodSource("casesAndReductions")
  void gradientOfTheTotalVariance(ObjectiveCase given, Reduction reduction) {
    assertGradient(given, StandardFunctional.TOTAL_VARIANCE, reduction);
  }

  @ParameterizedTest
  @EnumSource
  void gradientOfEveryFunctionalThatShips(StandardFunctional functional) {
    ObjectiveCase given = ObjectiveCase.smooth().findFirst().orElseThrow();
    assertGradient(given, functional, Reduction.MEAN);
  }

  @ParameterizedTest
  @EnumSource
  void gradientOfAFunctionalWrittenByTheCaller(Reduction reduction) {
    ObjectiveCase given = ObjectiveCase.smooth().findFirst().orElseThrow();
    assertGradient(given, UNHEARD_OF, reduction);
    try (LocalBatch batch = batch(given, given.parameters(), Reduction.SUM)) {
      double[] mean = batch.statistics().meanGradient().values();
      double[] variance = batch.statistics().variance().values();
      double expected = 0;
      for (int j = 0; j < mean.length; j++) {
        expected += Math.log1p(Math.exp(mean[j])) * Math.hypot(mean[j], Math.sqrt(variance[j]));
      }
      assertThat(batch.value(UNHEARD_OF)).isCloseTo(expected, within(1e-12 * expected));
    }
  }
}
