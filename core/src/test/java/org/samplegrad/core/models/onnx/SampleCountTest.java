package org.samplegrad.core.models.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.function.LongBinaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Arithmetic with the number of samples is that of any number, or refused. */
class SampleCountTest {
  private static final long N = SampleCount.UNKNOWN;

  private static final LongBinaryOperator PRODUCT = SampleCount.polynomial(Math::multiplyExact);
  private static final LongBinaryOperator REMAINDER = (a, b) -> SampleCount.remainder(a, b, false);
  private static final LongBinaryOperator ORDER = SampleCount::compare;

  static Stream<Arguments> known() {
    LongBinaryOperator quotient = SampleCount::divide;
    return Stream.of(
        Arguments.of(quotient, 6 * N, 3, 2 * N),
        Arguments.of(quotient, 6 * N + 5, 3, 2 * N + 1),
        Arguments.of(quotient, 6 * N, 2 * N, 3),
        Arguments.of(quotient, 0, N, 0),
        Arguments.of(quotient, -7, 2, -3),
        Arguments.of(REMAINDER, 6 * N + 5, 3, 2),
        Arguments.of(REMAINDER, 6 * N, N, 0),
        Arguments.of(REMAINDER, -7, 3, 2),
        Arguments.of(PRODUCT, 3, N, 3 * N),
        Arguments.of(ORDER, N, 0, 1),
        Arguments.of(ORDER, 0, N, -1),
        Arguments.of(ORDER, N + 2, N + 3, -1),
        Arguments.of(ORDER, 2 * N, 2 * N, 0),
        Arguments.of(ORDER, Long.MAX_VALUE, N, 1));
  }

  @ParameterizedTest
  @MethodSource("known")
  void whatIsTheSameForEveryNumberIsKnown(LongBinaryOperator of, long a, long b, long result) {
    assertThat(of.applyAsLong(a, b)).isEqualTo(result);
  }

  static Stream<Arguments> unknown() {
    LongBinaryOperator quotient = SampleCount::divide;
    return Stream.of(
        Arguments.of(quotient, N, 2),
        Arguments.of(quotient, 5, N),
        Arguments.of(quotient, N + 1, N),
        Arguments.of(quotient, N, 10_000_000),
        Arguments.of(REMAINDER, N, 2),
        Arguments.of(REMAINDER, 5, N),
        Arguments.of(PRODUCT, N, N),
        Arguments.of(ORDER, N, 1),
        Arguments.of(ORDER, 7, N),
        Arguments.of(ORDER, 2 * N, N + 1));
  }

  @ParameterizedTest
  @MethodSource("unknown")
  void whatIsNotIsRefused(LongBinaryOperator of, long a, long b) {
    assertThatThrownBy(() -> of.applyAsLong(a, b))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("the number of samples");
  }

  @Test
  void aFunctionOfRealNumbersMustNotLoseIt() {
    StaticTensor count = StaticTensor.vector(N, 4).toReals();
    assertThat(count.toIntegers().integers()).containsExactly(N, 4);
    assertThatThrownBy(() -> count.map(i -> i, Math::sqrt)).hasMessageContaining("samples");
    StaticTensor tiny = StaticTensor.ofReals(count.shape(), 1e-7, 1e-7);
    assertThatThrownBy(() -> StaticTensor.combine(count, tiny, (a, b) -> a, (a, b) -> a * b))
        .hasMessageContaining("samples");
  }
}
