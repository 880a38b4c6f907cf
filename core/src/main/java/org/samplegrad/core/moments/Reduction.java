package org.samplegrad.core.moments;

import java.util.Locale;

/** How a loss over the data set is made of the per-sample losses. */
public enum Reduction {
  /** The sum: individual gradients are those of the per-sample losses. */
  SUM,

  /** The mean, as PyTorch takes it: every individual gradient carries the factor 1/denominator. */
  MEAN;

  /**
   * What each individual gradient is multiplied by.
   *
   * @throws ArithmeticException if that is one over nothing
   */
  public double factor(Moments moments) {
    return factor(moments.denominator());
  }

  /** The same for the sum of the samples' denominators. */
  public double factor(double denominator) {
    if (this == SUM) {
      return 1;
    }
    if (denominator == 0) {
      throw new ArithmeticException(
          "The mean of the losses divides by 0: every label is ignored or has the weight 0");
    }
    return 1 / denominator;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
