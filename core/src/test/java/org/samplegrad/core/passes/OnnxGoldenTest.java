package org.samplegrad.core.passes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.golden.Closeness;
import org.samplegrad.core.golden.OnnxCase;
import org.samplegrad.core.moments.StandardFunctional;

/** Both passes on models that PyTorch exported, against its results. */
class OnnxGoldenTest {
  private static final int BLOCK_SIZE = 4;

  static Stream<String> cases() throws IOException, URISyntaxException {
    Path folder = Path.of(OnnxGoldenTest.class.getResource("/golden-onnx").toURI());
    return Files.list(folder).map(path -> path.getFileName().toString()).sorted();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void float64AgreesToTenDigits(String name) {
    assertAgreement(OnnxCase.named(name), Precision.FLOAT64, 1e-10, 1e-10);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void float32AgreesToItsPrecision(String name) {
    assertAgreement(OnnxCase.named(name), Precision.FLOAT32, 1e-5, 1e-4);
  }

  private static void assertAgreement(
      OnnxCase golden, Precision precision, double valueTolerance, double gradientTolerance) {
    TwoPasses found =
        TwoPasses.over(
            golden.blocks(BLOCK_SIZE),
            golden.objective(),
            golden.model().weights(),
            StandardFunctional.TOTAL_VARIANCE,
            golden.reduction(),
            precision);
    assertThat(found.value())
        .isCloseTo(golden.totalVariance(), within(valueTolerance * golden.totalVariance()));
    Closeness.assertThat(found.statistics().meanGradient())
        .isCloseTo(golden.meanGradient(), gradientTolerance);
    Closeness.assertThat(found.statistics().variance())
        .isCloseTo(golden.variance(), precision == Precision.FLOAT64 ? 1e-10 : 1e-4);
    Closeness.assertThat(found.gradient()).isCloseTo(golden.gradient(), gradientTolerance);
  }
}
