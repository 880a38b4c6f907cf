package org.samplegrad.core.losses;

import static org.samplegrad.core.ops.Elementwise.multiply;
import static org.samplegrad.core.ops.Elementwise.softplus;
import static org.samplegrad.core.ops.Elementwise.subtract;
import static org.samplegrad.core.ops.Shapes.sumPerSample;

import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;

/** {@code sum_k softplus(z[n,k]) - y[n,k] z[n,k]}, as {@code torch.nn.BCEWithLogitsLoss}. */
public record BinaryCrossEntropyWithLogits() implements Loss {

  @Override
  public TargetSpec target(Shape outputShape) {
    return new TargetSpec.Numbers(outputShape.size());
  }

  @Override
  public Variable losses(Variable predictions, Targets targets) {
    Variable expected =
        Variable.constant(predictions.backend().tensor(predictions.shape(), targets.values()));
    return sumPerSample(subtract(softplus(predictions), multiply(expected, predictions)));
  }

  @Override
  public double denominator(Targets targets) {
    return targets.values().length;
  }
}
