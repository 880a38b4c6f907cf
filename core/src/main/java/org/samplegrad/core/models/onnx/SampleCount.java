package org.samplegrad.core.models.onnx;

import java.util.function.LongBinaryOperator;

/**
 * Arithmetic with integers of which some hold the number of samples {@code N}, a number of 1 or
 * more that nobody knows while a file is read. It stands as {@link #UNKNOWN}, which no real extent
 * can be, so that sums, differences and products, {@code c N + d}, come out by themselves. What has
 * no such form, or would be another for another {@code N}, is refused.
 */
final class SampleCount {
  /** The number of samples; a prime beyond every extent. */
  static final long UNKNOWN = 4_398_042_316_799L;

  private static final String REFUSAL =
      "computes with the number of samples what is not the same for every number. That mixes samples; use fixed numbers there";

  private SampleCount() {}

  /** Whether a number holds the number of samples: no other comes near, but "to the end". */
  static boolean isIn(long number) {
    return Math.abs(number) > Integer.MAX_VALUE && Math.abs(number) < Long.MAX_VALUE / 2;
  }

  /** The same of a number that was cast. */
  static boolean isIn(double number) {
    return Math.abs(number) > Integer.MAX_VALUE && Math.abs(number) < Long.MAX_VALUE / 2;
  }

  static IllegalArgumentException refusal() {
    return new IllegalArgumentException(REFUSAL);
  }

  /** {@code factor N + rest}. */
  private record Linear(long factor, long rest) {
    static Linear of(long number) {
      if (!isIn(number)) {
        return new Linear(0, number);
      }
      long factor = Math.round((double) number / UNKNOWN);
      long rest = number - factor * UNKNOWN;
      if (isIn(rest)) {
        throw refusal();
      }
      return new Linear(factor, rest);
    }

    boolean isMultiple(Linear other) {
      return rest == 0 && other.rest == 0 && factor % other.factor == 0;
    }
  }

  /** A sum, difference or product, which keeps the form by itself. */
  static LongBinaryOperator polynomial(LongBinaryOperator exact) {
    return (a, b) -> {
      try {
        return exact.applyAsLong(a, b);
      } catch (ArithmeticException e) {
        if (isIn(a) || isIn(b)) {
          throw refusal();
        }
        throw e;
      }
    };
  }

  /** The quotient rounded towards 0. */
  static long divide(long a, long b) {
    if (!isIn(a) && !isIn(b)) {
      return a / b;
    }
    Linear divisor = Linear.of(b);
    Linear dividend = Linear.of(a);
    if (divisor.factor != 0) {
      if (dividend.factor == 0 && dividend.rest == 0) {
        return 0;
      }
      if (!dividend.isMultiple(divisor)) {
        throw refusal();
      }
      return dividend.factor / divisor.factor;
    }
    if (b == 0 || dividend.factor % b != 0) {
      throw refusal();
    }
    return dividend.factor / b * UNKNOWN + Math.floorDiv(dividend.rest, b);
  }

  /**
   * The remainder with the sign of the divisor, or of the dividend.
   *
   * @param ofDividend whose sign
   */
  static long remainder(long a, long b, boolean ofDividend) {
    if (!isIn(a) && !isIn(b)) {
      return ofDividend ? a % b : Math.floorMod(a, b);
    }
    Linear divisor = Linear.of(b);
    Linear dividend = Linear.of(a);
    if (divisor.factor != 0 ? !dividend.isMultiple(divisor) : b == 0 || dividend.factor % b != 0) {
      throw refusal();
    }
    return divisor.factor != 0 ? 0 : Math.floorMod(dividend.rest, b);
  }

  /** Negative, 0 or positive as {@code a} is less than, equal to or greater than {@code b}. */
  static int compare(long a, long b) {
    if (!isIn(a) && !isIn(b)) {
      return Long.compare(a, b);
    }
    if (Math.abs(a) >= Long.MAX_VALUE / 2 || Math.abs(b) >= Long.MAX_VALUE / 2) {
      return Long.compare(a, b); // "to the end"
    }
    Linear difference = Linear.of(Math.subtractExact(a, b));
    long least = difference.factor + difference.rest; // for one sample
    if (difference.factor == 0) {
      return Long.signum(difference.rest);
    }
    if (difference.factor > 0 ? least <= 0 : least >= 0) {
      throw refusal();
    }
    return Long.signum(difference.factor);
  }

  /** The first of two numbers if it is greater or less than the second, which is it otherwise. */
  static LongBinaryOperator chosen(Relation order) {
    return (a, b) -> order.ofIntegers(a, b) ? a : b;
  }

  /**
   * The result of a function of real numbers, unless the number of samples went into it and does
   * not come out.
   */
  static double requireKept(double result, double... inputs) {
    for (double input : inputs) {
      if (isIn(input) && !isIn(result)) {
        throw refusal();
      }
    }
    return result;
  }
}
