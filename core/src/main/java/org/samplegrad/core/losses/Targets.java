package org.samplegrad.core.losses;

import java.util.Arrays;

/**
 * The targets of a block's samples.
 *
 * @param values {@code [n, perSample]}, row-major
 */
public record Targets(double[] values, int perSample) {

  public int samples() {
    return values.length / perSample;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Targets targets
        && perSample == targets.perSample
        && Arrays.equals(values, targets.values);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(values);
  }

  @Override
  public String toString() {
    return "Targets[" + samples() + ", " + perSample + "]";
  }
}
