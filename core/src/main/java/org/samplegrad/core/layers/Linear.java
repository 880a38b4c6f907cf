package org.samplegrad.core.layers;

import static org.samplegrad.core.ops.Elementwise.add;
import static org.samplegrad.core.ops.Products.matmul;

import java.util.ArrayList;
import java.util.List;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.persample.DenseGradient;
import org.samplegrad.core.persample.OuterProductGradient;
import org.samplegrad.core.persample.PerSampleGradient;

/**
 * {@code y[n,o] = sum_i weight[o,i] x[n,i] + bias[o]}, as {@code torch.nn.Linear} on vectors.
 *
 * @param bias whether there is one
 */
public record Linear(int inputs, int outputs, boolean bias) implements ParametricLayer {

  /**
   * @throws IllegalArgumentException if there is no input or no output feature
   */
  public Linear {
    if (inputs < 1 || outputs < 1) {
      throw new IllegalArgumentException(
          "A linear layer needs at least one input and one output; found %d and %d"
              .formatted(inputs, outputs));
    }
    Shape.of(outputs, inputs);
  }

  @Override
  public Shape outputShape(Shape inputShape) {
    if (!inputShape.equals(Shape.of(inputs))) {
      String hint = inputShape.rank() > 1 ? "; put a flatten layer before it" : "";
      throw new IllegalArgumentException(
          "linear expects an input of shape [%d], found %s%s".formatted(inputs, inputShape, hint));
    }
    return Shape.of(outputs);
  }

  @Override
  public List<ParameterSpec> parameters() {
    double bound = 1 / Math.sqrt(inputs);
    List<ParameterSpec> parameters = new ArrayList<>();
    parameters.add(new ParameterSpec("weight", Shape.of(outputs, inputs), bound));
    if (bias) {
      parameters.add(new ParameterSpec("bias", Shape.of(outputs), bound));
    }
    return parameters;
  }

  @Override
  public Variable forward(List<Variable> parameters, Variable input) {
    Variable product = matmul(input, false, parameters.get(0), true);
    return bias ? add(product, parameters.get(1)) : product;
  }

  @Override
  public List<PerSampleGradient> perSampleGradients(Variable input, Variable outputGradient) {
    PerSampleGradient weight = new OuterProductGradient(outputGradient, input);
    return bias ? List.of(weight, new DenseGradient(outputGradient)) : List.of(weight);
  }
}
