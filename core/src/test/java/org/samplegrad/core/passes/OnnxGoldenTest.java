package org.samplegrad.core.passes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.golden.Closeness;
import org.samplegrad.core.golden.OnnxCase;
import org.samplegrad.core.losses.LossKind;
import org.samplegrad.core.moments.StandardFunctional;

/** Both passes on models that PyTorch exported, against its results. */
class OnnxGoldenTest {
  private static final int BLOCK_SIZE = 4;

  static List<OnnxCase> cases() {
    return OnnxCase.all();
  }

  @Test
  void everyLossHasACase() {
    assertThat(cases().stream().map(OnnxCase::loss).map(LossKind::toString).distinct())
        .contains("cross-entropy", "mse", "bce-with-logits", "nll", "l1", "huber");
  }

  @ParameterizedTest
  @MethodSource("cases")
  void float64AgreesToTenDigits(OnnxCase golden) {
    TwoPasses found = found(golden, Precision.FLOAT64);
    assertThat(found.value())
        .isCloseTo(golden.totalVariance(), within(1e-10 * golden.totalVariance()));
    Closeness.assertThat(found.statistics().meanGradient()).isCloseTo(golden.meanGradient(), 1e-10);
    Closeness.assertThat(found.statistics().variance()).isCloseTo(golden.variance(), 1e-10);
    Closeness.assertThat(found.gradient()).isCloseTo(golden.gradient(), 1e-10);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void float32AgreesToItsPrecision(OnnxCase golden) {
    TwoPasses found = found(golden, Precision.FLOAT32);
    assertThat(found.value())
        .isCloseTo(golden.totalVariance(), within(1e-5 * golden.totalVariance()));
    Closeness.assertThat(found.statistics().meanGradient())
        .isCloseInSinglePrecisionTo(golden.meanGradient(), 1e-4);
    Closeness.assertThat(found.statistics().variance())
        .isCloseInSinglePrecisionTo(golden.variance(), 1e-4);
    Closeness.assertThat(found.gradient()).isCloseInSinglePrecisionTo(golden.gradient(), 1e-4);
  }

  private static TwoPasses found(OnnxCase golden, Precision precision) {
    return TwoPasses.over(
        golden.blocks(BLOCK_SIZE),
        golden.objective(),
        golden.model().weights(),
        StandardFunctional.TOTAL_VARIANCE,
        golden.reduction(),
        precision);
  }
}
