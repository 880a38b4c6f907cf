package org.samplegrad.job.cli;

import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.parameters.ParameterLayout;
import org.samplegrad.core.parameters.ParameterVector;

/**
 * Whether numbers of the job are those of the naive loop: {@code ||job - naive|| <= t ||naive||}
 * for each parameter. A difference beyond the tolerance is forgiven only as far as it is rounding:
 * the gradient of a parameter that cancels, such as a bias before a softmax, is noise in both.
 *
 * @param tolerance t, of the precision that the job computed in
 * @param rounding how far rounding alone may put a parameter's gradient off
 */
record Agreement(double tolerance, Rounding rounding) {
  private static final double TOLERANCE_FLOAT32 = 1e-4;
  private static final double TOLERANCE_FLOAT64 = 1e-10;

  /** Roundings that may add up in one number. */
  private static final double ROUNDINGS = 64;

  /** Asked for only where a difference exceeds the tolerance. */
  @FunctionalInterface
  interface Rounding {
    double of(ParameterLayout.Entry parameter);
  }

  Agreement(Precision precision, Rounding rounding) {
    this(precision == Precision.FLOAT32 ? TOLERANCE_FLOAT32 : TOLERANCE_FLOAT64, rounding);
  }

  /** The largest error of a number, as a multiple of the numbers that were added up to it. */
  static double largestRounding(Precision precision) {
    return ROUNDINGS * precision.unitRoundoff();
  }

  /**
   * Whether a number is the one expected.
   *
   * @param cancelled the size of what was subtracted to give it, in float64
   */
  boolean isSame(double found, double expected, double cancelled) {
    double exact = largestRounding(Precision.FLOAT64) * (Math.abs(expected) + cancelled);
    return Math.abs(found - expected) <= tolerance * Math.abs(expected) + exact;
  }

  /** Whether one parameter has the gradient expected. */
  boolean isSame(ParameterVector found, ParameterVector expected, ParameterLayout.Entry parameter) {
    double difference = distance(found, expected, parameter);
    double allowed = tolerance * expected.norm(parameter);
    return difference <= allowed || difference <= allowed + rounding.of(parameter);
  }

  /** The Euclidean distance of two vectors over one parameter. */
  static double distance(ParameterVector one, ParameterVector other, ParameterLayout.Entry entry) {
    double sum = 0;
    for (int i = entry.offset(); i < entry.offset() + entry.size(); i++) {
      double difference = one.value(i) - other.value(i);
      sum += difference * difference;
    }
    return Math.sqrt(sum);
  }
}
