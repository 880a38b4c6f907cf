package org.samplegrad.core.models.onnx;

/**
 * The numbers that a model's author wrote and its exporter rounded to float32: an epsilon of 1e-5,
 * a slope of 0.01, the scale {@code 7^(-1/4)} of queries and keys, the {@code sqrt(2/pi)} of a
 * GELU. Left as they are in the file, they would differ from PyTorch's in float64 by 1e-8.
 *
 * <p>A number is restored if a simple one rounds to it:
 *
 * <ul>
 *   <li>a decimal of at most 6 digits;
 *   <li>{@code (p/q)^(1/k)}, k = 1, 2 or 4, where {@code p q} is at most 4096;
 *   <li>an integer or its reciprocal up to 65,536, or the root of one;
 *   <li>{@code (p/q pi)^(1/k)} or {@code (p/q / pi)^(1/k)}, k = 1 or 2, where {@code p q} is at
 *       most 256;
 *   <li>e, log 2, its reciprocal, and the constants of SELU.
 * </ul>
 *
 * <p>How often would that change a number that nobody wrote? Between a power of two and the next
 * there are 2^23 numbers of float32, and of simple ones no more than 10^6 decimals to every power
 * of ten, that is 301,030 or 3.6%; 4,700 fractions and their roots, 0.06%; and, where numbers are
 * beyond 64 or below 1/64, 49,152 roots or 32,768 reciprocals of large integers, 0.6% or 0.4%.
 * Restored are attributes and single constants of an exporter, never tensors of the module; a false
 * restoration moves such a number by half of its last place, 6e-8 at most.
 */
final class RoundedNumber {
  /** Decimals with more digits are not what somebody wrote. */
  private static final int MOST_DIGITS = 6;

  /** Of numerator and denominator together. */
  private static final long LARGEST_PRODUCT = 1 << 12;

  private static final long LARGEST_PRODUCT_WITH_PI = 1 << 8;

  /** Integers up to here are looked for in roots and reciprocals. */
  private static final long LARGEST_INTEGER = 1 << 16;

  private static final double[] KNOWN = {
    Math.E,
    Math.log(2),
    1 / Math.log(2),
    1.6732632423543772848170429916717,
    1.0507009873554804934193349852946,
    1.6732632423543772848170429916717 * 1.0507009873554804934193349852946,
  };

  private RoundedNumber() {}

  /** The number that was rounded, or the float32 number itself if none is known. */
  static double restore(float rounded) {
    if (!Float.isFinite(rounded) || Math.abs(rounded) < 1 << 24 && rounded == Math.rint(rounded)) {
      return rounded;
    }
    if (rounded < 0) {
      return -restore(-rounded);
    }
    String decimal = Float.toString(rounded);
    if (digits(decimal) <= MOST_DIGITS) {
      return Double.parseDouble(decimal);
    }
    for (int root = 1; root <= 4; root *= 2) {
      double found = root(rounded, root, 1, LARGEST_PRODUCT);
      if (Double.isNaN(found) && root <= 2) {
        found = ofInteger(rounded, root);
      }
      if (!Double.isNaN(found)) {
        return found;
      }
    }
    for (double known : KNOWN) {
      if ((float) known == rounded) {
        return known;
      }
    }
    return withPi(rounded);
  }

  private static double withPi(float rounded) {
    for (int root = 1; root <= 2; root++) {
      for (double unit : new double[] {Math.PI, 1 / Math.PI}) {
        double found = root(rounded, root, unit, LARGEST_PRODUCT_WITH_PI);
        if (!Double.isNaN(found)) {
          return found;
        }
      }
    }
    return rounded;
  }

  private static long digits(String decimal) {
    String mantissa = decimal.split("E")[0].replace(".", "").replaceFirst("^0+", "");
    return mantissa.replaceFirst("0+$", "").length();
  }

  /** The root of an integer or of its reciprocal. */
  private static double ofInteger(float rounded, int root) {
    double power = Math.pow(rounded, root);
    double nearest = power >= 1 ? Math.rint(power) : Math.rint(1 / power);
    double found = rootOf(power >= 1 ? nearest : 1 / nearest, root);
    return nearest <= LARGEST_INTEGER && (float) found == rounded ? found : Double.NaN;
  }

  /**
   * The root of {@code p/q unit} that rounds to a number, NaN if there is none. Where p q is small,
   * p/q is a convergent of the continued fraction of whatever is that near to it.
   */
  private static double root(float rounded, int root, double unit, long largestProduct) {
    double rest = Math.pow(rounded, root) / unit;
    long p = 1;
    long q = 0;
    long earlierP = 0;
    long earlierQ = 1;
    while (rest <= largestProduct) {
      long whole = (long) Math.floor(rest);
      long nextP = whole * p + earlierP;
      long nextQ = whole * q + earlierQ;
      if (nextP * nextQ > largestProduct) {
        return Double.NaN;
      }
      earlierP = p;
      earlierQ = q;
      p = nextP;
      q = nextQ;
      double found = p == 0 ? 0 : rootOf((double) p / q * unit, root);
      if ((float) found == rounded) {
        return found;
      }
      rest = 1 / (rest - whole);
    }
    return Double.NaN;
  }

  private static double rootOf(double number, int root) {
    return switch (root) {
      case 1 -> number;
      case 2 -> Math.sqrt(number);
      default -> Math.sqrt(Math.sqrt(number));
    };
  }
}
