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

  /**
   * Integers from 0 to {@code classes - 1}.
   *
   * @param ignored another integer that is allowed and stands for no class, or null
   */
  record ClassIndex(int classes, int perSample, Integer ignored) implements TargetSpec {

    /** One class. */
    public ClassIndex(int classes) {
      this(classes, 1, null);
    }

    @Override
    public String problem(double value) {
      if (ignored != null && value == ignored) {
        return null;
      }
      if (!Double.isFinite(value) || value != Math.rint(value)) {
        return "%s is not a class: expected an integer %s".formatted(value, range());
      }
      if (value < 0 || value >= classes) {
        return "class %.0f is out of range: expected an integer %s".formatted(value, range());
      }
      return null;
    }

    private String range() {
      String range = "from 0 to " + (classes - 1);
      return ignored == null ? range : "%s, or %d to be ignored".formatted(range, ignored);
    }

    @Override
    public double draw(RandomGenerator random) {
      return random.nextInt(classes);
    }

    @Override
    public String description() {
      return perSample == 1
          ? "an integer " + range()
          : "an array of %d integers %s".formatted(perSample, range());
    }
  }

  /** A probability for each class at each position: {@code [classes, positions]}. */
  record Probabilities(int classes, int positions) implements TargetSpec {
    @Override
    public int perSample() {
      return classes * positions;
    }

    @Override
    public String problem(double value) {
      return Double.isFinite(value) && value >= 0
          ? null
          : "%s is not a probability: expected a finite number of at least 0".formatted(value);
    }

    /** Those of all classes add up to 1 in the mean. */
    @Override
    public double draw(RandomGenerator random) {
      return random.nextDouble(2.0 / classes);
    }

    @Override
    public String description() {
      String ofOnePosition = "%d class probabilities".formatted(classes);
      return positions == 1
          ? "an array of " + ofOnePosition
          : "an array of %s for each of %d positions".formatted(ofOnePosition, positions);
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
