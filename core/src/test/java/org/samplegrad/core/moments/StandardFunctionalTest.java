package org.samplegrad.core.moments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Backends;
import org.samplegrad.core.backend.Precision;

class StandardFunctionalTest {
  private static final Samples SAMPLES = randomSamples(7);

  static Samples randomSamples(int count) {
    Random random = new Random(count);
    double[][] gradients = new double[count][];
    for (int n = 0; n < count; n++) {
      gradients[n] = random.doubles(Samples.SIZE, -2, 3).toArray();
    }
    return new Samples(new double[count], gradients, 2);
  }

  /** The formulas over individual gradients; a new functional does not compile without its own. */
  private static double formula(StandardFunctional functional, Samples samples, double factor) {
    double[] mean = samples.mean(factor);
    double variance = Arrays.stream(samples.variance(factor)).sum();
    double squaredMean = squaredNorm(mean);
    return switch (functional) {
      case TOTAL_VARIANCE -> variance;
      case SQUARED_MEAN_NORM -> squaredMean;
      case MEAN_SQUARED_NORM ->
          Arrays.stream(samples.gradients())
              .mapToDouble(gradient -> factor * factor * squaredNorm(gradient))
              .average()
              .orElseThrow();
      case NOISE_SCALE -> variance / squaredMean;
    };
  }

  private static double squaredNorm(double[] values) {
    return Arrays.stream(values).map(x -> x * x).sum();
  }

  private static Cotangents cotangents(
      StandardFunctional functional, Moments moments, Reduction reduction) {
    try (Backend backend = Backends.open(Backends.AUTO, Precision.FLOAT64)) {
      return Cotangents.of(functional, moments, reduction, backend);
    }
  }

  @ParameterizedTest
  @EnumSource
  void valueIsTheFormula(StandardFunctional functional) {
    double sum = formula(functional, SAMPLES, 1);
    assertThat(cotangents(functional, SAMPLES.moments(), Reduction.SUM).value())
        .isCloseTo(sum, within(1e-13 * sum));
    double mean = formula(functional, SAMPLES, 1.0 / (7 * 2));
    assertThat(cotangents(functional, SAMPLES.moments(), Reduction.MEAN).value())
        .isCloseTo(mean, within(1e-13 * mean));
  }

  @Test
  void oneSampleHasNoVarianceExactly() {
    Moments one = randomSamples(1).moments();
    for (Reduction reduction : Reduction.values()) {
      for (StandardFunctional functional :
          new StandardFunctional[] {
            StandardFunctional.TOTAL_VARIANCE, StandardFunctional.NOISE_SCALE
          }) {
        Cotangents cotangents = cotangents(functional, one, reduction);
        assertThat(cotangents.value()).isZero();
        assertThat(cotangents.sum().norm()).isZero();
        assertThat(cotangents.squaredSum().norm()).isZero();
      }
    }
  }

  @Test
  void totalVarianceOfEqualSamplesIsNeverNegative() {
    Random random = new Random(0);
    for (int trial = 0; trial < 100; trial++) {
      double[] gradient = random.doubles(Samples.SIZE, -1e3, 1e3).toArray();
      Moments equal = Samples.of(gradient, gradient, gradient).moments();
      double value = cotangents(StandardFunctional.TOTAL_VARIANCE, equal, Reduction.SUM).value();
      assertThat(value).isNotNegative().isLessThan(1e-8);
    }
  }
}
