package org.samplegrad.core.passes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

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
import org.samplegrad.core.moments.Cotangents;
import org.samplegrad.core.moments.MomentStatistics;
import org.samplegrad.core.moments.Moments;
import org.samplegrad.core.moments.StandardFunctional;
import org.samplegrad.core.parameters.ParameterVector;

/** Both passes against the results of PyTorch. */
class GoldenTest {

  static Stream<Arguments> casesAndBlockSizes() {
    return GoldenCase.allWithData().stream()
        .flatMap(golden -> Stream.of(1, 3, 64).map(size -> Arguments.of(golden, size)));
  }

  @ParameterizedTest
  @MethodSource("casesAndBlockSizes")
  void float64AgreesToTenDigits(GoldenCase golden, int blockSize) {
    assertAgreement(golden, blockSize, Precision.FLOAT64, 1e-10, 1e-10);
  }

  @ParameterizedTest
  @MethodSource("casesAndBlockSizes")
  void float32AgreesToItsPrecision(GoldenCase golden, int blockSize) {
    assertAgreement(golden, blockSize, Precision.FLOAT32, 1e-5, 1e-4);
  }

  private static void assertAgreement(
      GoldenCase golden,
      int blockSize,
      Precision precision,
      double valueTolerance,
      double gradientTolerance) {
    try (Backend backend = Backends.open(Backends.AUTO, precision);
        Backend float64 = Backends.open(Backends.AUTO, Precision.FLOAT64)) {
      List<Block> blocks = golden.blocks(blockSize);
      ParameterVector weights = golden.weights();
      Moments moments = Moments.empty(weights.layout());
      MomentsPass first = new MomentsPass(golden.objective(), weights, backend);
      blocks.forEach(block -> first.add(block, moments));
      Cotangents cotangents =
          Cotangents.of(StandardFunctional.TOTAL_VARIANCE, moments, golden.reduction(), float64);
      double[] gradient = new double[weights.layout().size()];
      PullBackPass second = new PullBackPass(golden.objective(), weights, cotangents, backend);
      blocks.forEach(block -> second.add(block, gradient));

      assertThat(moments.count()).isEqualTo(golden.count());
      assertThat(cotangents.value())
          .isCloseTo(golden.totalVariance(), within(valueTolerance * golden.totalVariance()));
      MomentStatistics statistics = MomentStatistics.of(moments, golden.reduction());
      Closeness.assertThat(statistics.meanGradient())
          .isCloseTo(golden.meanGradient(), gradientTolerance);
      Closeness.assertThat(statistics.variance()).isCloseTo(golden.variance(), valueTolerance);
      ParameterVector found = new ParameterVector(weights.layout(), gradient);
      Closeness.assertThat(found).isCloseTo(golden.gradient(), gradientTolerance);
      assertThat(found.norm())
          .isCloseTo(golden.gradientNorm(), within(gradientTolerance * golden.gradientNorm()));
    }
  }
}
