package org.samplegrad.core.passes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Backends;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.golden.Closeness;
import org.samplegrad.core.golden.GoldenCase;
import org.samplegrad.core.moments.Reduction;
import org.samplegrad.core.moments.StandardFunctional;
import org.samplegrad.core.parameters.ParameterVector;

/** The passes against one backward per sample, and that loop itself against PyTorch. */
class NaiveLoopTest {

  static Stream<Arguments> casesAndReductions() {
    return ObjectiveCase.every()
        .flatMap(c -> Arrays.stream(Reduction.values()).map(r -> Arguments.of(c, r)));
  }

  private static NaiveLoop naiveLoop(ObjectiveCase given, Reduction reduction) {
    try (Backend backend = Backends.open(Backends.AUTO, Precision.FLOAT64)) {
      return NaiveLoop.over(
          given.objective(), given.parameters(), given.samples(), reduction, backend);
    }
  }

  @ParameterizedTest
  @MethodSource("casesAndReductions")
  void passesInFloat64AgreeHoweverTheSamplesAreSplit(ObjectiveCase given, Reduction reduction) {
    NaiveLoop expected = naiveLoop(given, reduction);
    List<List<Block>> splits =
        List.of(
            given.samples(),
            given.split(5),
            given.split(2, 3),
            given.split(3, 1, 1),
            List.of(given.split(2, 3).get(1), given.split(2, 3).get(0)));
    for (List<Block> blocks : splits) {
      assertAgreement(given, reduction, Precision.FLOAT64, blocks, expected, 1e-10, 1e-10);
    }
  }

  @ParameterizedTest
  @MethodSource("casesAndReductions")
  void passesInFloat32AgreeToTheirPrecision(ObjectiveCase given, Reduction reduction) {
    NaiveLoop expected = naiveLoop(given, reduction);
    for (List<Block> blocks : List.of(given.split(5), given.split(1, 4))) {
      assertAgreement(given, reduction, Precision.FLOAT32, blocks, expected, 1e-5, 1e-4);
    }
  }

  private static void assertAgreement(
      ObjectiveCase given,
      Reduction reduction,
      Precision precision,
      List<Block> blocks,
      NaiveLoop expected,
      double valueTolerance,
      double gradientTolerance) {
    TwoPasses found =
        TwoPasses.over(
            blocks,
            given.objective(),
            given.parameters(),
            StandardFunctional.TOTAL_VARIANCE,
            reduction,
            precision);
    assertThat(found.value())
        .isCloseTo(expected.totalVariance(), within(valueTolerance * expected.totalVariance()));
    Closeness.assertThat(found.gradient()).isCloseTo(expected.gradient(), gradientTolerance);
    Closeness.assertThat(found.statistics().variance())
        .isCloseTo(expected.variance(), 10 * valueTolerance);
    Closeness.assertThat(found.statistics().meanGradient())
        .isCloseTo(expected.meanGradient(), gradientTolerance);
  }

  @ParameterizedTest
  @MethodSource("org.samplegrad.core.golden.GoldenCase#allWithData")
  void loopAgreesWithPyTorch(GoldenCase golden) {
    try (Backend backend = Backends.open(Backends.AUTO, Precision.FLOAT64)) {
      NaiveLoop found =
          NaiveLoop.over(
              golden.objective(), golden.weights(), golden.blocks(1), golden.reduction(), backend);
      assertThat(found.totalVariance())
          .isCloseTo(golden.totalVariance(), within(1e-10 * golden.totalVariance()));
      Closeness.assertThat(found.gradient()).isCloseTo(golden.gradient(), 1e-10);
      Closeness.assertThat(found.variance()).isCloseTo(golden.variance(), 1e-10);
      Closeness.assertThat(found.meanGradient()).isCloseTo(golden.meanGradient(), 1e-10);
    }
  }

  @ParameterizedTest
  @MethodSource("casesAndReductions")
  void meanSquaredNormGradientIsThatOfTheFunctional(ObjectiveCase given, Reduction reduction) {
    try (Backend backend = Backends.open(Backends.AUTO, Precision.FLOAT64)) {
      ParameterVector found =
          NaiveLoop.meanSquaredNormGradient(
              given.objective(), given.parameters(), given.samples(), reduction, backend);
      TwoPasses expected =
          TwoPasses.over(
              given.split(2, 3),
              given.objective(),
              given.parameters(),
              StandardFunctional.MEAN_SQUARED_NORM,
              reduction,
              Precision.FLOAT64);
      Closeness.assertThat(found).isCloseTo(expected.gradient(), 1e-10);
    }
  }
}
