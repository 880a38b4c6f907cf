package org.samplegrad.job.distributed;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.samplegrad.core.backend.Precision;

class PrecisionChoiceTest {

  @Test
  void theFirstAttemptIsInFloat32UnlessFloat64IsAskedFor() {
    assertThat(PrecisionChoice.AUTO.first()).isEqualTo(Precision.FLOAT32);
    assertThat(PrecisionChoice.FLOAT32.first()).isEqualTo(Precision.FLOAT32);
    assertThat(PrecisionChoice.FLOAT64.first()).isEqualTo(Precision.FLOAT64);
  }

  @Test
  void onlyAutoRepeatsAndOnlyBeyondItsLargestError() {
    assertThat(PrecisionChoice.AUTO.asksForFloat64(1e-4)).isFalse();
    assertThat(PrecisionChoice.AUTO.asksForFloat64(Math.nextUp(1e-4))).isTrue();
    assertThat(PrecisionChoice.AUTO.asksForFloat64(Double.POSITIVE_INFINITY)).isTrue();
    assertThat(PrecisionChoice.AUTO.asksForFloat64(Double.NaN)).isFalse();
    assertThat(PrecisionChoice.FLOAT32.asksForFloat64(1)).isFalse();
    assertThat(PrecisionChoice.FLOAT64.asksForFloat64(1)).isFalse();
  }

  @Test
  void choicesAreWrittenInSmallLetters() {
    assertThat(PrecisionChoice.FLOAT64).hasToString("float64");
  }
}
