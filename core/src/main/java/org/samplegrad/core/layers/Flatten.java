package org.samplegrad.core.layers;

import java.util.List;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.ops.Shapes;

/** Each sample as a vector, {@code [n, ...] -> [n,i]}. */
public record Flatten() implements Layer {

  @Override
  public Shape outputShape(Shape inputShape) {
    return Shape.of(inputShape.size());
  }

  @Override
  public Variable forward(List<Variable> parameters, Variable input) {
    return Shapes.reshape(
        input, Shape.of(input.shape().extent(0), input.shape().dropFirst().size()));
  }
}
