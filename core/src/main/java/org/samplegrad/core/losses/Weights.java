package org.samplegrad.core.losses;

import java.io.Serializable;
import java.util.Arrays;

/** Constant factors of a loss: one for each class or output, one for all, or none. */
public final class Weights implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Every factor is 1. */
  public static final Weights NONE = new Weights(new double[0]);

  private final double[] values;

  private Weights(double[] values) {
    this.values = values;
  }

  /**
   * @throws IllegalArgumentException unless there is at least one, all are finite and none is
   *     negative
   */
  public static Weights of(double... values) {
    if (values.length == 0) {
      throw new IllegalArgumentException("expected at least one weight");
    }
    for (double value : values) {
      if (!Double.isFinite(value) || value < 0) {
        throw new IllegalArgumentException(
            "a weight is a finite number of at least 0, found " + value);
      }
    }
    return new Weights(values.clone());
  }

  boolean areGiven() {
    return values.length > 0;
  }

  double get(int index) {
    return switch (values.length) {
      case 0 -> 1;
      case 1 -> values[0];
      default -> values[index];
    };
  }

  /** Refuses weights that are not one for each. */
  void requireOneForEach(int expected, String option, String each) {
    if (areGiven() && values.length != expected) {
      throw new IllegalArgumentException(
          "%s has %d number%s; expected %d, one for each %s"
              .formatted(option, values.length, values.length == 1 ? "" : "s", expected, each));
    }
  }

  /** Refuses weights that are neither one for all nor one for each. */
  void requireOneForAllOrEach(int expected, String option, String each) {
    if (values.length > 1 && values.length != expected) {
      throw new IllegalArgumentException(
          "%s has %d numbers; expected 1, or %d, one for each %s"
              .formatted(option, values.length, expected, each));
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Weights weights && Arrays.equals(values, weights.values);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(values);
  }

  @Override
  public String toString() {
    return Arrays.toString(values);
  }
}
