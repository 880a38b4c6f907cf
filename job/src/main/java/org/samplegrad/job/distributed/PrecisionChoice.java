package org.samplegrad.job.distributed;

import java.util.Locale;
import org.samplegrad.core.backend.Precision;

/** Which number format the passes compute in. */
public enum PrecisionChoice {
  /** float32, and float64 instead if results would be too inaccurate. */
  AUTO,
  FLOAT32,
  FLOAT64;

  /** The relative error beyond which {@link #AUTO} goes to float64. */
  private static final double LARGEST_ERROR = 1e-4;

  /** The precision of the first attempt. */
  public Precision first() {
    return this == FLOAT64 ? Precision.FLOAT64 : Precision.FLOAT32;
  }

  /**
   * Whether a result in float32 will not do.
   *
   * @param relativeErrorBound NaN if it is not known
   */
  boolean asksForFloat64(double relativeErrorBound) {
    return this == AUTO && relativeErrorBound > LARGEST_ERROR;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
