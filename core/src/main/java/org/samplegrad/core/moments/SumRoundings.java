package org.samplegrad.core.moments;

import org.samplegrad.core.backend.Precision;

/** What rounding in the sums over samples may leave, where no comparison tells. */
public final class SumRoundings {
  /**
   * Roundings by which a sum in blocks of numbers of one precision may be off, as a multiple of the
   * unit roundoff.
   */
  private static final double ROUNDINGS = 8;

  private SumRoundings() {}

  /**
   * The error that cancellation leaves in {@code V = Q - M}, with {@code Q} the mean squared norm
   * and {@code M} the squared mean norm each off by some roundings.
   */
  public static double inVariance(Precision precision, double squaredMean, double variance) {
    return ROUNDINGS * precision.unitRoundoff() * (variance + 2 * squaredMean);
  }

  /**
   * @param sizes the norms of what is added, summed
   */
  public static double inGradient(Precision precision, double sizes) {
    return ROUNDINGS * precision.unitRoundoff() * sizes;
  }
}
