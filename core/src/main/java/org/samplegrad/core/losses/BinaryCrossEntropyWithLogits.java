package org.samplegrad.core.losses;

import static org.samplegrad.core.ops.Elementwise.add;
import static org.samplegrad.core.ops.Elementwise.multiply;
import static org.samplegrad.core.ops.Elementwise.negate;
import static org.samplegrad.core.ops.Elementwise.softplus;
import static org.samplegrad.core.ops.Shapes.sumPerSample;

import com.google.auto.service.AutoService;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;

/**
 * {@code sum_k w_k (p_k y[n,k] softplus(-z[n,k]) + (1 - y[n,k]) softplus(z[n,k]))} with weights
 * {@code w} of the outputs and {@code p} of their positive answers, as {@code
 * torch.nn.BCEWithLogitsLoss}. Each weight is one number for all outputs or one for each.
 */
public record BinaryCrossEntropyWithLogits(Weights positiveWeights, Weights weights)
    implements Loss {
  private static final String POSITIVE_WEIGHTS = "pos-weight";
  private static final String WEIGHTS = "weight";

  /** Without weights. */
  public BinaryCrossEntropyWithLogits() {
    this(Weights.NONE, Weights.NONE);
  }

  static Loss of(LossOptions options) {
    return new BinaryCrossEntropyWithLogits(
        options.weights(POSITIVE_WEIGHTS), options.weights(WEIGHTS));
  }

  @Override
  public TargetSpec target(Shape outputShape) {
    positiveWeights.requireOneForAllOrEach(outputShape.size(), POSITIVE_WEIGHTS, "output");
    weights.requireOneForAllOrEach(outputShape.size(), WEIGHTS, "output");
    return new TargetSpec.Numbers(outputShape.size());
  }

  @Override
  public Variable losses(Variable predictions, Targets targets) {
    int outputs = predictions.shape().dropFirst().size();
    double[] positive = new double[targets.values().length];
    double[] negative = new double[targets.values().length];
    for (int i = 0; i < positive.length; i++) {
      int output = i % outputs;
      double expected = targets.values()[i];
      positive[i] = weights.get(output) * positiveWeights.get(output) * expected;
      negative[i] = weights.get(output) * (1 - expected);
    }
    return sumPerSample(
        add(
            multiply(constant(predictions, positive), softplus(negate(predictions))),
            multiply(constant(predictions, negative), softplus(predictions))));
  }

  private static Variable constant(Variable like, double[] values) {
    return Variable.constant(like.backend().tensor(like.shape(), values));
  }

  @Override
  public double denominator(Shape outputShape, Targets targets) {
    return targets.values().length;
  }

  /** Its name on the command line. */
  @AutoService(LossKind.Provider.class)
  public static final class CatalogueEntry implements LossKind.Provider {
    @Override
    public LossKind kind() {
      return new LossKind("bce-with-logits", BinaryCrossEntropyWithLogits::of);
    }
  }
}
