package org.samplegrad.core.moments;

import java.util.Locale;

/** How a loss over the data set is made of the per-sample losses. */
public enum Reduction {
  /** The sum: individual gradients are those of the per-sample losses. */
  SUM,

  /** The mean, as PyTorch takes it: every individual gradient carries the factor 1/denominator. */
  MEAN;

  /** What each individual gradient is multiplied by. */
  public double factor(Moments moments) {
    return this == SUM ? 1 : 1 / moments.denominator();
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
