package org.samplegrad.core.models.onnx;

import java.util.stream.DoubleStream;

/**
 * The numbers that a model's author wrote and its exporter rounded to float32: an epsilon of 1e-5,
 * a slope of 0.01, the square root of two in a decomposed GELU. Left as they are in the file, they
 * would differ from PyTorch's in float64 by 1e-8.
 */
final class RoundedNumber {
  /** Decimals with more digits are not what somebody wrote. */
  private static final int MOST_DIGITS = 6;

  /** Integers up to here are looked for in roots and reciprocals. */
  private static final int LARGEST_INTEGER = 1 << 16;

  /** {@code sqrt(2/pi)}, {@code 0.044715} and the constants of SELU, as PyTorch has them. */
  private static final double[] KNOWN = {
    Math.PI,
    Math.E,
    Math.log(2),
    1 / Math.log(2),
    Math.sqrt(2 / Math.PI),
    Math.sqrt(2 * Math.PI),
    1 / Math.sqrt(2 * Math.PI),
    2 / Math.sqrt(Math.PI),
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
    return DoubleStream.concat(DoubleStream.of(KNOWN), ofIntegers(rounded))
        .filter(candidate -> (float) candidate == rounded)
        .findFirst()
        .orElse(rounded);
  }

  private static long digits(String decimal) {
    String mantissa = decimal.split("E")[0].replace(".", "").replaceFirst("^0+", "");
    return mantissa.replaceFirst("0+$", "").length();
  }

  /** The reciprocal, the root and the reciprocal of the root of an integer that come nearest. */
  private static DoubleStream ofIntegers(double number) {
    double reciprocal = Math.rint(1 / number);
    double square = Math.rint(number * number);
    double reciprocalSquare = Math.rint(1 / (number * number));
    return DoubleStream.of(
        reciprocal <= LARGEST_INTEGER ? 1 / reciprocal : Double.NaN,
        square <= LARGEST_INTEGER ? Math.sqrt(square) : Double.NaN,
        reciprocalSquare <= LARGEST_INTEGER ? 1 / Math.sqrt(reciprocalSquare) : Double.NaN);
  }
}
