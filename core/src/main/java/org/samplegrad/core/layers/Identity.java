package org.samplegrad.core.layers;

import java.util.List;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;

/** What a layer does that acts in training only, such as dropout. */
public record Identity() implements Layer {

  @Override
  public Shape outputShape(Shape inputShape) {
    return inputShape;
  }

  @Override
  public Variable forward(List<Variable> parameters, Variable input) {
    return input;
  }
}
