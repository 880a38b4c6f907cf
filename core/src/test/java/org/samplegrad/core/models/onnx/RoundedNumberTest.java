package org.samplegrad.core.models.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.util.Random;
import org.junit.jupiter.api.Test;
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
        0.61478815295126437, // 7^(-1/4)
        1.2456252354080812, // (65/27)^(1/4)
        0.88388347648318444, // sqrt(25/32)
        2.5066282746310002, // sqrt(2 pi)
        0.39894228040143268, // 1/sqrt(2 pi)
        1.1283791670955126, // 2/sqrt(pi)
        0.01745329251994329577, // pi/180
        90.509667991878082, // sqrt(8192)
        1.0 / 50176,
        0.69314718055994531,
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

  /** Random numbers are taken for simple ones as rarely as the documentation says. */
  @Test
  void whatNobodyWroteStaysWhatItIs() {
    Random random = new Random(1);
    int changed = 0;
    int decimals = 0;
    for (int i = 0; i < 200_000; i++) {
      float number = (float) Math.scalb(1 + random.nextDouble(), random.nextInt(12) - 6);
      double restored = RoundedNumber.restore(number);
      if (restored != number) {
        boolean decimal = Double.toString(restored).length() <= 9;
        changed += decimal ? 0 : 1;
        decimals += decimal ? 1 : 0;
      }
    }
    assertThat(changed).isLessThan(200_000 / 1000);
    assertThat(decimals).isLessThan(200_000 / 20);
  }
}
