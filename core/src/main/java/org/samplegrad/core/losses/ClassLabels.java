package org.samplegrad.core.losses;

import static org.samplegrad.core.ops.Elementwise.multiply;
import static org.samplegrad.core.ops.Selection.gather;
import static org.samplegrad.core.ops.Shapes.sumPerSample;

import java.io.Serializable;
import java.util.Arrays;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Indices;
import org.samplegrad.core.backend.Shape;

/**
 * Class indices as targets, one label for each of the {@code p} positions of a model output {@code
 * [classes, ...positions]}; an output {@code [classes]} has one position.
 *
 * @param weights of the classes
 * @param ignored the label that marks a position as left out, or null
 */
record ClassLabels(Weights weights, Integer ignored) implements Serializable {
  static final String CLASS_WEIGHTS = "class-weights";
  static final String IGNORE_INDEX = "ignore-index";

  static ClassLabels of(LossOptions options) {
    return new ClassLabels(options.weights(CLASS_WEIGHTS), options.integer(IGNORE_INDEX));
  }

  /** The classes of a model output, one for each extent of its first axis. */
  static int classes(Shape outputShape, Weights weights) {
    if (outputShape.rank() == 0) {
      throw new IllegalArgumentException(
          "expected one score per class, a model output of shape [classes] or [classes,"
              + " ...positions]; found "
              + outputShape);
    }
    if (outputShape.extent(0) == 1) {
      throw new IllegalArgumentException(
          "the model gives one score per sample, an output of shape %s, and one class alone has the"
                  .formatted(outputShape)
              + " probability 1 whatever its score; for a single logit and labels 0 and 1 use the"
              + " loss bce-with-logits");
    }
    weights.requireOneForEach(outputShape.extent(0), CLASS_WEIGHTS, "class");
    return outputShape.extent(0);
  }

  TargetSpec.ClassIndex target(Shape outputShape) {
    int classes = classes(outputShape, weights);
    return new TargetSpec.ClassIndex(classes, outputShape.size() / classes, ignored);
  }

  /** {@code [n]} if there is one position, else {@code [n, p]}. */
  static Shape labelShape(Shape scores) {
    int samples = scores.extent(0);
    int positions = scores.size() / (samples * scores.extent(1));
    return positions == 1 ? Shape.of(samples) : Shape.of(samples, positions);
  }

  /**
   * The scores of the labels, in the shape of {@link #labelShape}; those of an ignored label belong
   * to some class of its position.
   *
   * @param scores {@code [n, classes, ...positions]}
   * @throws IllegalArgumentException if the labels are not as many or are not classes
   */
  Variable chosen(Variable scores, Targets targets) {
    Shape labels = labelShape(scores.shape());
    if (targets.values().length != labels.size()) {
      throw new IllegalArgumentException(
          "%d class indices were given for %d samples of %d positions"
              .formatted(
                  targets.values().length, labels.extent(0), labels.size() / labels.extent(0)));
    }
    TargetSpec.ClassIndex label = target(scores.shape().dropFirst());
    int positions = label.perSample();
    int[] chosen = new int[labels.size()];
    for (int i = 0; i < chosen.length; i++) {
      double value = targets.values()[i];
      if (label.problem(value) != null) {
        throw new IllegalArgumentException(label.problem(value));
      }
      int sample = i / positions;
      int ofClass = isIgnored(value) ? 0 : (int) value;
      chosen[i] = (sample * label.classes() + ofClass) * positions + i % positions;
    }
    return gather(scores, new Indices(labels, chosen));
  }

  /** The sum over a sample's positions, each with its label's weight: {@code [n]}. */
  Variable weightedSum(Variable perLabel, Targets targets) {
    Variable weighted = perLabel;
    if (weights.areGiven() || hasIgnored(targets)) {
      double[] factors = Arrays.stream(targets.values()).map(this::weight).toArray();
      weighted = multiply(perLabel, constant(perLabel, factors));
    }
    return sumOverPositions(weighted);
  }

  /** The sum over the positions that are not ignored: {@code [n]}. */
  Variable sum(Variable perLabel, Targets targets) {
    return new ClassLabels(Weights.NONE, ignored).weightedSum(perLabel, targets);
  }

  /** {@code [n]} or {@code [n, p] -> [n]}. */
  static Variable sumOverPositions(Variable perLabel) {
    return perLabel.shape().rank() == 1 ? perLabel : sumPerSample(perLabel);
  }

  private static Variable constant(Variable like, double[] values) {
    return Variable.constant(like.backend().tensor(like.shape(), values));
  }

  /** The sum of the labels' weights; those ignored have none. */
  double denominator(Targets targets) {
    return Arrays.stream(targets.values()).map(this::weight).sum();
  }

  private double weight(double label) {
    return isIgnored(label) ? 0 : weights.get((int) label);
  }

  private boolean hasIgnored(Targets targets) {
    return ignored != null && Arrays.stream(targets.values()).anyMatch(this::isIgnored);
  }

  private boolean isIgnored(double label) {
    return ignored != null && label == ignored;
  }
}
