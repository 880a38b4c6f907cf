package org.samplegrad.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.parameters.ParameterLayout;
import org.samplegrad.core.parameters.ParameterVector;

class AgreementTest {
  private static final ParameterLayout LAYOUT =
      new ParameterLayout(List.of("a", "b"), List.of(Shape.of(2), Shape.of(1)));

  private static ParameterVector vector(double... values) {
    return new ParameterVector(LAYOUT, values);
  }

  private static List<Boolean> same(
      Agreement agreement, ParameterVector found, ParameterVector expected) {
    return LAYOUT.entries().stream()
        .map(entry -> agreement.isSame(found, expected, entry))
        .toList();
  }

  private static Agreement exact(Precision precision) {
    return new Agreement(precision, parameter -> 0);
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  void sizeDoesNotMatter(Precision precision) {
    Agreement agreement = exact(precision);
    for (double scale : new double[] {1e-100, 1e-9, 1, 1e9}) {
      double off = 1 + 0.5 * agreement.tolerance();
      double wrong = 1 + 2 * agreement.tolerance();
      ParameterVector expected = vector(3 * scale, 4 * scale, 1e-9 * scale);
      assertThat(same(agreement, vector(3 * scale * off, 4 * scale, 1e-9 * scale * off), expected))
          .containsExactly(true, true);
      assertThat(same(agreement, vector(3 * scale, 4 * scale * wrong, 1e-9 * scale), expected))
          .containsExactly(false, true);
      assertThat(same(agreement, vector(3 * scale, 4 * scale, 1e-9 * scale * wrong), expected))
          .containsExactly(true, false);
      assertThat(same(agreement, vector(0, 0, 0), expected)).containsExactly(false, false);
      assertThat(agreement.isSame(scale * off, scale, 0)).isTrue();
      assertThat(agreement.isSame(scale * wrong, scale, 0)).isFalse();
      assertThat(agreement.isSame(0, scale, 0)).isFalse();
    }
  }

  @Test
  void zeroIsZero() {
    assertThat(same(exact(Precision.FLOAT32), vector(0, 0, 0), vector(0, 0, 0)))
        .containsExactly(true, true);
    assertThat(same(exact(Precision.FLOAT32), vector(0, 1e-12, 0), vector(0, 0, 0)))
        .containsExactly(false, true);
  }

  @ParameterizedTest
  @CsvSource({"NaN", "Infinity", "-Infinity"})
  void whatIsNoNumberIsNeverTheSame(double value) {
    Agreement agreement = new Agreement(Precision.FLOAT32, parameter -> 1);
    assertThat(same(agreement, vector(value, 0, 1), vector(1, 0, 1))).containsExactly(false, true);
    assertThat(agreement.isSame(value, 1, 1)).isFalse();
  }

  @Test
  void roundingIsForgivenAsFarAsItGoes() {
    Agreement agreement = new Agreement(Precision.FLOAT64, parameter -> 1e-12);
    assertThat(same(agreement, vector(1, 1, 9e-13), vector(1, 1, 0))).containsExactly(true, true);
    assertThat(same(agreement, vector(1, 1, 2e-12), vector(1, 1, 0))).containsExactly(true, false);
    assertThat(agreement.isSame(1e-17, 0, 1)).isTrue();
    assertThat(agreement.isSame(1e-13, 0, 1)).isFalse();
  }
}
