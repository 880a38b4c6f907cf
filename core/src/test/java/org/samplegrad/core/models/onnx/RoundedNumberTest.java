package org.samplegrad.core.models.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RoundedNumberTest {

  @ParameterizedTest
  @ValueSource(
      doubles = {
        0.01,
        1e-5,
        1e-12,
        0.044715,
        -0.7,
        1.3,
        Math.PI,
        1.4142135623730951,
        0.70710678118654752,
        0.79788456080286536,
        1.6732632423543772,
        1.0 / 3,
        1.0 / 6,
        1.0 / 49,
        -1.7320508075688772,
        0.57735026918962576,
        2,
        1e20,
        0
      })
  void whatWasRoundedIsRestored(double number) {
    assertThat(RoundedNumber.restore((float) number)).isCloseTo(number, withinPercentage(1e-13));
  }

  @ParameterizedTest
  @ValueSource(floats = {0.123456789f, 3.1415f, 1e-30f, Float.MIN_VALUE, 7.7777777f})
  void whateverIsRestoredRoundsToTheSame(float number) {
    assertThat((float) RoundedNumber.restore(number)).isEqualTo(number);
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, -0.0f})
  void othersStayWhatTheyAre(float number) {
    assertThat(RoundedNumber.restore(number)).isEqualTo(Double.valueOf(number));
  }
}
