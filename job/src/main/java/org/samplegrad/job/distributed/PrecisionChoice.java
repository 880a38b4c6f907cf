package org.samplegrad.job.distributed;

import java.util.Locale;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.moments.MomentStatistics;

/** Which number format the passes compute in. */
public enum PrecisionChoice {
  /** float32, and float64 instead if the total variance would be too inaccurate. */
  AUTO,
  FLOAT32,
  FLOAT64;

  /** The relative error of the total variance beyond which {@link #AUTO} goes to float64. */
  private static final double LARGEST_ERROR = 1e-4;

  /** The precision of the first attempt. */
  public Precision first() {
    return this == FLOAT64 ? Precision.FLOAT64 : Precision.FLOAT32;
  }

  /** Whether moments in float32 will not do; true for any that are not finite. */
  boolean asksForFloat64(MomentStatistics inFloat32) {
    return this == AUTO && !(inFloat32.relativeErrorBound(Precision.FLOAT32) <= LARGEST_ERROR);
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
