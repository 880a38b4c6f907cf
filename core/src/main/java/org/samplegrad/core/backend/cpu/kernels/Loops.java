package org.samplegrad.core.backend.cpu.kernels;

import org.apache.commons.numbers.gamma.Erf;

/**
 * The elementwise loops, each over the elements {@code [from, to)} of all its arrays.
 *
 * <p>They are written for the compiler's vectoriser, which takes a loop only if every array is
 * accessed at the same index and no branch depends on an element: with different offsets it cannot
 * rule out that arrays overlap. Results may be written over an argument.
 */
public final class Loops {
  /** Times itself larger than 1, for every positive float it multiplies. */
  private static final float HUGE = 1e38f;

  private Loops() {}

  @FunctionalInterface
  public interface Unary {
    void apply(float[] x, float[] y, int from, int to);
  }

  @FunctionalInterface
  public interface Binary {
    void apply(float[] a, float[] b, float[] y, int from, int to);
  }

  /** {@code y = lookupTable[bytes]} for unsigned bytes. */
  public static void decode(byte[] bytes, float[] lookupTable, float[] y) {
    for (int i = 0; i < bytes.length; i++) {
      y[i] = lookupTable[bytes[i] & 0xff];
    }
  }

  @FunctionalInterface
  public interface ByNumber {
    void apply(float[] a, float b, float[] y, int from, int to);
  }

  public static void add(float[] a, float[] b, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = a[i] + b[i];
    }
  }

  public static void subtract(float[] a, float[] b, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = a[i] - b[i];
    }
  }

  public static void multiply(float[] a, float[] b, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = a[i] * b[i];
    }
  }

  public static void divide(float[] a, float[] b, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = a[i] / b[i];
    }
  }

  public static void add(float[] a, float b, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = a[i] + b;
    }
  }

  public static void scale(float[] x, float factor, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = factor * x[i];
    }
  }

  /** {@code y = a + factor b}. */
  public static void addScaled(float[] a, float factor, float[] b, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = Math.fma(factor, b[i], a[i]);
    }
  }

  /** {@code y = y + a b}. */
  public static void accumulateProduct(float[] a, float[] b, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = Math.fma(a[i], b[i], y[i]);
    }
  }

  /** {@code y = a + 2 b c}. */
  public static void addTwice(float[] a, float[] b, float[] c, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = Math.fma(2 * b[i], c[i], a[i]);
    }
  }

  /** {@code gradient} where {@code x > 0}, 0 elsewhere; a branch would cost eight times as much. */
  public static void maskPositive(float[] gradient, float[] x, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = gradient[i] * Math.min(Math.max(x[i] * HUGE, 0f) * HUGE, 1f);
    }
  }

  public static void square(float[] x, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = x[i] * x[i];
    }
  }

  public static void sqrt(float[] x, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = (float) Math.sqrt(x[i]);
    }
  }

  public static void relu(float[] x, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = Math.max(x[i], 0f);
    }
  }

  public static void step(float[] x, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = x[i] > 0 ? 1 : 0;
    }
  }

  public static void exp(float[] x, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = (float) Math.exp(x[i]);
    }
  }

  public static void log(float[] x, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = (float) Math.log(x[i]);
    }
  }

  public static void tanh(float[] x, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = (float) Math.tanh(x[i]);
    }
  }

  public static void sigmoid(float[] x, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = (float) (1 / (1 + Math.exp(-x[i])));
    }
  }

  public static void negate(float[] x, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = -x[i];
    }
  }

  public static void oneOverOnePlus(float[] x, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = 1 / (1 + x[i]);
    }
  }

  public static void erf(float[] x, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      y[i] = (float) Erf.value(x[i]);
    }
  }

  public static void softplus(float[] x, float[] y, int from, int to) {
    for (int i = from; i < to; i++) {
      double magnitude = Math.abs((double) x[i]);
      y[i] = (float) (Math.max(x[i], 0) + Math.log1p(Math.exp(-magnitude)));
    }
  }

  /** {@code totals[offset + i] += x[i]}. */
  public static void addTo(float[] x, double[] totals, int offset, int length) {
    for (int i = 0; i < length; i++) {
      totals[offset + i] += x[i];
    }
  }

  /** The sum of the elements, in float64. */
  public static double sum(float[] x, int from, int to) {
    double even = 0;
    double odd = 0;
    double third = 0;
    double fourth = 0;
    int i = from;
    for (; i + 3 < to; i += 4) {
      even += x[i];
      odd += x[i + 1];
      third += x[i + 2];
      fourth += x[i + 3];
    }
    for (; i < to; i++) {
      even += x[i];
    }
    return (even + odd) + (third + fourth);
  }

  /** The maximum of the elements; NaN if one of them is. */
  public static float max(float[] x, int from, int to, int stride) {
    float largest = x[from];
    for (int i = from + stride; i < to; i += stride) {
      largest = Math.max(largest, x[i]);
    }
    return largest;
  }

  /**
   * {@code sum += sum_i weights[first + i] arrays[i]} over the elements {@code [0, length)}, added
   * in this order with one rounding each, as a general matrix product does. Five arrays at a time:
   * more of them, or two sums, and the compiler would not vectorise.
   */
  public static void addProducts(
      float[] weights, int first, float[][] arrays, float[] sum, int length) {
    int i = 0;
    for (; i + 5 <= arrays.length; i += 5) {
      addFive(
          weights,
          first + i,
          arrays[i],
          arrays[i + 1],
          arrays[i + 2],
          arrays[i + 3],
          arrays[i + 4],
          sum,
          length);
    }
    for (; i < arrays.length; i++) {
      addScaled(sum, weights[first + i], arrays[i], sum, 0, length);
    }
  }

  private static void addFive(
      float[] weights,
      int first,
      float[] a,
      float[] b,
      float[] c,
      float[] d,
      float[] e,
      float[] sum,
      int length) {
    float p = weights[first];
    float q = weights[first + 1];
    float r = weights[first + 2];
    float s = weights[first + 3];
    float t = weights[first + 4];
    for (int i = 0; i < length; i++) {
      float two = Math.fma(q, b[i], Math.fma(p, a[i], sum[i]));
      sum[i] = Math.fma(t, e[i], Math.fma(s, d[i], Math.fma(r, c[i], two)));
    }
  }
}
