package org.samplegrad.core.layers;

import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.ops.Elementwise;

/** Elementwise functions without parameters. A new one is one entry here. */
public enum Activation implements Layer {
  /** {@code max(x, 0)}, with derivative 0 at 0. */
  RELU(Elementwise::relu),
  TANH(Elementwise::tanh),
  SIGMOID(Elementwise::sigmoid);

  private final transient UnaryOperator<Variable> function;

  Activation(UnaryOperator<Variable> function) {
    this.function = function;
  }

  @Override
  public Shape outputShape(Shape inputShape) {
    return inputShape;
  }

  @Override
  public Variable forward(List<Variable> parameters, Variable input) {
    return function.apply(input);
  }

  /** The name in model files. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
