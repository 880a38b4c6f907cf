package org.samplegrad.core.backend;

import java.util.Locale;

/** The number format of a backend's tensors. */
public enum Precision {
  FLOAT32(0x1p-24),
  FLOAT64(0x1p-53);

  private final double unitRoundoff;

  Precision(double unitRoundoff) {
    this.unitRoundoff = unitRoundoff;
  }

  /** The largest relative error of rounding one number to this format. */
  public double unitRoundoff() {
    return unitRoundoff;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
