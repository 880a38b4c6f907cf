package org.samplegrad.core.losses;

import static org.samplegrad.core.ops.Elementwise.add;
import static org.samplegrad.core.ops.Elementwise.scale;
import static org.samplegrad.core.ops.Shapes.reshape;

import com.google.auto.service.AutoService;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;

/**
 * {@code sum_q w_y (log(sum_k exp(z[n,k,q])) - z[n,y,q])} for class scores {@code z} and a class
 * index {@code y = y[n,q]} at each position {@code q}, as {@code torch.nn.CrossEntropyLoss}. With
 * label smoothing {@code e} over {@code K} classes it is {@code (1 - e)} times this plus {@code
 * (e/K) sum_q sum_k w_k (log(sum_j exp(z[n,j,q])) - z[n,k,q])}. Ignored labels add nothing. A mean
 * divides by the sum of {@code w_y}.
 *
 * @param ignoredLabel the label of positions that are left out, or null
 * @param labelSmoothing from 0 to 1
 */
public record CrossEntropy(Weights classWeights, Integer ignoredLabel, double labelSmoothing)
    implements Loss {
  private static final String CLASSES = "classes";
  private static final String PROBABILITIES = "probabilities";

  public CrossEntropy {
    requireFraction(labelSmoothing);
  }

  /** Without weights, ignored labels or smoothing. */
  public CrossEntropy() {
    this(Weights.NONE, null, 0);
  }

  static Loss of(LossOptions options) {
    boolean classes = options.choice("target", CLASSES, PROBABILITIES).equals(CLASSES);
    double smoothing = options.number("label-smoothing", 0);
    if (classes) {
      ClassLabels labels = ClassLabels.of(options);
      return new CrossEntropy(labels.weights(), labels.ignored(), smoothing);
    }
    if (options.integer(ClassLabels.IGNORE_INDEX) != null) {
      throw new IllegalArgumentException(
          ClassLabels.IGNORE_INDEX + " is for class indices; probabilities have none to ignore");
    }
    return new CrossEntropyOfProbabilities(options.weights(ClassLabels.CLASS_WEIGHTS), smoothing);
  }

  static void requireFraction(double labelSmoothing) {
    if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
      throw new IllegalArgumentException(
          "label-smoothing must be from 0 to 1; found " + labelSmoothing);
    }
  }

  private ClassLabels labels() {
    return new ClassLabels(classWeights, ignoredLabel);
  }

  @Override
  public TargetSpec target(Shape outputShape) {
    return labels().target(outputShape);
  }

  @Override
  public Variable losses(Variable predictions, Targets targets) {
    Variable surprises = ClassScores.surprises(predictions);
    Variable losses = labels().weightedSum(labels().chosen(surprises, targets), targets);
    if (labelSmoothing == 0) {
      return losses;
    }
    double share = labelSmoothing / ClassScores.classes(predictions);
    Variable ofAllClasses = ClassScores.weightedSum(surprises, classWeights);
    Variable perLabel = reshape(ofAllClasses, ClassLabels.labelShape(predictions.shape()));
    return add(scale(losses, 1 - labelSmoothing), scale(labels().sum(perLabel, targets), share));
  }

  @Override
  public double denominator(Shape outputShape, Targets targets) {
    return labels().denominator(targets);
  }

  /** Its name on the command line. */
  @AutoService(LossKind.Provider.class)
  public static final class CatalogueEntry implements LossKind.Provider {
    @Override
    public LossKind kind() {
      return new LossKind("cross-entropy", CrossEntropy::of);
    }
  }
}
