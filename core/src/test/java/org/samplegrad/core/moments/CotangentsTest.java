package org.samplegrad.core.moments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Backends;
import org.samplegrad.core.backend.Precision;

class CotangentsTest {
  private static final Backend BACKEND = Backends.open(Backends.AUTO, Precision.FLOAT64);
  private static final Samples SAMPLES = StandardFunctionalTest.randomSamples(5);
  private static final int SUM = 1;
  private static final int SQUARED_SUM = 2;

  @AfterAll
  static void close() {
    BACKEND.close();
  }

  static Stream<Arguments> functionalsAndReductions() {
    return Arrays.stream(StandardFunctional.values())
        .flatMap(f -> Arrays.stream(Reduction.values()).map(r -> Arguments.of(f, r)));
  }

  @ParameterizedTest
  @MethodSource("functionalsAndReductions")
  void areTheDerivativesByTheUnscaledMoments(StandardFunctional functional, Reduction reduction) {
    Cotangents cotangents = Cotangents.of(functional, SAMPLES.moments(), reduction, BACKEND);
    assertDerivatives(cotangents.sum().values(), functional, reduction, SUM);
    assertDerivatives(cotangents.squaredSum().values(), functional, reduction, SQUARED_SUM);
  }

  private static void assertDerivatives(
      double[] found, MomentFunctional functional, Reduction reduction, int array) {
    double largest = Arrays.stream(found).map(Math::abs).max().orElseThrow();
    for (int j = 0; j < found.length; j++) {
      double step = 1e-4;
      double above = valueAt(functional, reduction, array, j, step);
      double below = valueAt(functional, reduction, array, j, -step);
      assertThat(found[j])
          .as("derivative by element %d", j)
          .isCloseTo((above - below) / (2 * step), within(1e-6 * largest + 1e-11));
    }
  }

  private static double valueAt(
      MomentFunctional functional, Reduction reduction, int array, int element, double step) {
    List<double[]> arrays = SAMPLES.moments().arrays().stream().map(double[]::clone).toList();
    arrays.get(array)[element] += step;
    Moments moved = Moments.ofArrays(Samples.LAYOUT, VarianceDetail.ELEMENTS, arrays);
    return Cotangents.of(functional, moved, reduction, BACKEND).value();
  }

  @ParameterizedTest
  @EnumSource
  void totalVarianceHasTheKnownOnes(Reduction reduction) {
    Moments moments = SAMPLES.moments();
    Cotangents cotangents =
        Cotangents.of(StandardFunctional.TOTAL_VARIANCE, moments, reduction, BACKEND);
    double factor = reduction == Reduction.SUM ? 1 : 1.0 / (5 * 2);
    for (int j = 0; j < Samples.SIZE; j++) {
      double first = -2 * factor * factor * moments.sum(j) / (5 * 5);
      assertThat(cotangents.sum().value(j)).isCloseTo(first, within(1e-15));
      assertThat(cotangents.squaredSum().value(j)).isCloseTo(factor * factor / 5, within(1e-15));
    }
  }

  @Test
  void noSamplesAreRefused() {
    Moments empty = Moments.empty(Samples.LAYOUT);
    for (StandardFunctional functional : StandardFunctional.values()) {
      assertThatThrownBy(() -> Cotangents.of(functional, empty, Reduction.MEAN, BACKEND))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("no samples");
    }
  }

  @Test
  void momentsAreNotChanged() {
    Moments moments = SAMPLES.moments();
    Cotangents.of(StandardFunctional.NOISE_SCALE, moments, Reduction.MEAN, BACKEND);
    for (int a = 0; a < moments.arrays().size(); a++) {
      assertThat(moments.arrays().get(a)).containsExactly(SAMPLES.moments().arrays().get(a));
    }
  }

  @Test
  void aFunctionalMustBeAScalar() {
    assertThatThrownBy(
            () ->
                Cotangents.of(
                    (count, sums, squaredSums) -> sums.get(0),
                    SAMPLES.moments(),
                    Reduction.SUM,
                    BACKEND))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("[2, 2]");
  }
}
