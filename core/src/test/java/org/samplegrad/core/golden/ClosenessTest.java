package org.samplegrad.core.golden;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.parameters.ParameterLayout;
import org.samplegrad.core.parameters.ParameterVector;

class ClosenessTest {
  private static final ParameterLayout LAYOUT =
      new ParameterLayout(List.of("large", "small"), List.of(Shape.of(1), Shape.of(1)));

  private static ParameterVector vector(double large, double small) {
    return new ParameterVector(LAYOUT, new double[] {large, small});
  }

  @Test
  void everyParameterCountsHoweverSmall() {
    assertThatCode(() -> Closeness.assertThat(vector(1001, 1)).isCloseTo(vector(1000, 1), 2e-3))
        .doesNotThrowAnyException();
    assertThatThrownBy(
            () -> Closeness.assertThat(vector(1000, 1.1)).isCloseTo(vector(1000, 1), 2e-3))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("'small'");
  }

  @Test
  void zeroIsCloseToZeroOnlyAndNotANumberToNothing() {
    assertThatCode(() -> Closeness.assertThat(vector(1, 0)).isCloseTo(vector(1, 0), 1e-3))
        .doesNotThrowAnyException();
    assertThatThrownBy(() -> Closeness.assertThat(vector(1, 1e-9)).isCloseTo(vector(1, 0), 1e-3))
        .isInstanceOf(AssertionError.class);
    assertThatThrownBy(() -> Closeness.assertThat(vector(1, Double.NaN)).isCloseTo(vector(1, 0), 1))
        .isInstanceOf(AssertionError.class);
  }

  @Test
  void otherLayoutIsRefused() {
    ParameterLayout other = new ParameterLayout(List.of("only"), List.of(Shape.of(2)));
    ParameterVector found = new ParameterVector(other, new double[] {1, 1});
    assertThatThrownBy(() -> Closeness.assertThat(found).isCloseTo(vector(1, 1), 1))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("layout");
  }
}
