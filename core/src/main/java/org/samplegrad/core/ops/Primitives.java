package org.samplegrad.core.ops;

import java.util.List;
import java.util.function.BiFunction;
import org.samplegrad.core.autograd.Primitive;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Tensor;

/** Builders that let a primitive be written as its formula and its derivatives. */
final class Primitives {

  @FunctionalInterface
  interface UnaryProduct {
    Variable apply(Variable gradient, Variable y, Variable x);
  }

  @FunctionalInterface
  interface BinaryProduct {
    Variable apply(Variable gradient, Variable y, Variable a, Variable b);
  }

  @FunctionalInterface
  interface BinaryEvaluation {
    Tensor apply(Backend backend, Tensor a, Tensor b);
  }

  private Primitives() {}

  static Primitive unary(
      String name, BiFunction<Backend, Tensor, Tensor> evaluation, UnaryProduct product) {
    return new Primitive(
        name,
        (backend, inputs) -> evaluation.apply(backend, inputs.get(0)),
        List.of((gradient, y, inputs) -> product.apply(gradient, y, inputs.get(0))));
  }

  static Primitive binary(
      String name, BinaryEvaluation evaluation, BinaryProduct productA, BinaryProduct productB) {
    return new Primitive(
        name,
        (backend, inputs) -> evaluation.apply(backend, inputs.get(0), inputs.get(1)),
        List.of(
            (gradient, y, inputs) -> productA.apply(gradient, y, inputs.get(0), inputs.get(1)),
            (gradient, y, inputs) -> productB.apply(gradient, y, inputs.get(0), inputs.get(1))));
  }

  /** A binary primitive whose inputs broadcast: each product is summed to its input's shape. */
  static Primitive broadcasting(
      String name, BinaryEvaluation evaluation, BinaryProduct productA, BinaryProduct productB) {
    return binary(
        name,
        evaluation,
        (gradient, y, a, b) -> Shapes.sumTo(productA.apply(gradient, y, a, b), a.shape()),
        (gradient, y, a, b) -> Shapes.sumTo(productB.apply(gradient, y, a, b), b.shape()));
  }
}
