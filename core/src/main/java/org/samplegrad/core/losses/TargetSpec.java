package org.samplegrad.core.losses;

import java.io.Serializable;
import java.util.random.RandomGenerator;

/** What a loss expects as the target of one sample. */
public sealed interface TargetSpec extends Serializable {
  /** How many numbers make one sample's target. */
  int perSample();

  /** What is wrong with one of these numbers, or null. */
  String problem(double value);

  /** One of the numbers of a synthetic target: any class alike, or standard normal. */
  double draw(RandomGenerator random);

  /** For messages: what a label should be. */
  String description();

  /** One integer from 0 to {@code classes - 1}. */
  record ClassIndex(int classes) implements TargetSpec {
    @Override
    public int perSample() {
      return 1;
    }

    @Override
    public String problem(double value) {
      if (!Double.isFinite(value) || value != Math.rint(value)) {
        return "%s is not a class: expected %s".formatted(value, description());
      }
      if (value < 0 || value >= classes) {
        return "class %.0f is out of range: expected %s".formatted(value, description());
      }
      return null;
    }

    @Override
    public double draw(RandomGenerator random) {
      return random.nextInt(classes);
    }

    @Override
    public String description() {
      return "an integer from 0 to " + (classes - 1);
    }
  }

  /** Finite numbers, as many as the model has outputs. */
  record Numbers(int perSample) implements TargetSpec {
    @Override
    public String problem(double value) {
      return Double.isFinite(value) ? null : "%s is not a finite number".formatted(value);
    }

    @Override
    public double draw(RandomGenerator random) {
      return random.nextGaussian();
    }

    @Override
    public String description() {
      return perSample == 1 ? "a number" : "an array of " + perSample + " numbers";
    }
  }
}
