package org.samplegrad.core.layers;

import static org.samplegrad.core.ops.Elementwise.add;
import static org.samplegrad.core.ops.Elementwise.expm1;
import static org.samplegrad.core.ops.Elementwise.negativePart;
import static org.samplegrad.core.ops.Elementwise.relu;
import static org.samplegrad.core.ops.Elementwise.scale;

import java.util.List;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;

/** {@code x} above 0 and {@code alpha (exp(x) - 1)} elsewhere, as {@code torch.nn.ELU}. */
public record Elu(double alpha) implements Layer {

  @Override
  public Shape outputShape(Shape inputShape) {
    return inputShape;
  }

  @Override
  public Variable forward(List<Variable> parameters, Variable input) {
    return add(relu(input), scale(expm1(negativePart(input)), alpha));
  }
}
