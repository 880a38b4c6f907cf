package org.samplegrad.core.losses;

import static org.samplegrad.core.ops.Elementwise.negate;

import com.google.auto.service.AutoService;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;

/**
 * {@code -sum_q w_y z[n,y,q]} for logarithms {@code z} of class probabilities and a class index
 * {@code y = y[n,q]} at each position {@code q}, as {@code torch.nn.NLLLoss}. Ignored labels add
 * nothing. A mean divides by the sum of {@code w_y}.
 *
 * @param ignoredLabel the label of positions that are left out, or null
 */
public record NegativeLogLikelihood(Weights classWeights, Integer ignoredLabel) implements Loss {

  static Loss of(LossOptions options) {
    ClassLabels labels = ClassLabels.of(options);
    return new NegativeLogLikelihood(labels.weights(), labels.ignored());
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
    return labels().weightedSum(negate(labels().chosen(predictions, targets)), targets);
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
      return new LossKind("nll", NegativeLogLikelihood::of);
    }
  }
}
