package org.samplegrad.core.autograd;

import java.util.List;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Tensor;

/**
 * An operation: its evaluation beside its vector-Jacobian products, one per input. The products
 * take and return Variables, so they are differentiable in turn.
 */
public final class Primitive {

  /** Computes the output's value from the inputs' values. */
  @FunctionalInterface
  public interface Evaluation {
    Tensor evaluate(Backend backend, List<Tensor> inputs);
  }

  /**
   * The product of the output's cotangent with the Jacobian of one input, in that input's shape.
   */
  @FunctionalInterface
  public interface VectorJacobianProduct {
    Variable apply(Variable outputGradient, Variable output, List<Variable> inputs);
  }

  private final String name;
  private final Evaluation evaluation;
  private final List<VectorJacobianProduct> products;

  public Primitive(String name, Evaluation evaluation, List<VectorJacobianProduct> products) {
    this.name = name;
    this.evaluation = evaluation;
    this.products = List.copyOf(products);
  }

  public String name() {
    return name;
  }

  public Variable apply(Variable... inputs) {
    List<Variable> arguments = List.of(inputs);
    Tensor[] values = new Tensor[inputs.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = inputs[i].value();
    }
    Tensor value = evaluation.evaluate(inputs[0].backend(), List.of(values));
    return Variable.computed(value, this, arguments);
  }

  Variable pullBack(int input, Variable outputGradient, Variable output, List<Variable> inputs) {
    return products.get(input).apply(outputGradient, output, inputs);
  }
}
