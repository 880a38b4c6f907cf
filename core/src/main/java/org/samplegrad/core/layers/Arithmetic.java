package org.samplegrad.core.layers;

import java.util.List;
import java.util.Locale;
import java.util.function.BinaryOperator;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.ops.Elementwise;
import org.samplegrad.core.ops.Shapes;

/** Elementwise functions of two inputs, whose shapes without the sample axis broadcast. */
public enum Arithmetic implements Combination {
  ADD(Elementwise::add),
  SUBTRACT(Elementwise::subtract),
  MULTIPLY(Elementwise::multiply),
  DIVIDE(Elementwise::divide);

  private final transient BinaryOperator<Variable> function;

  Arithmetic(BinaryOperator<Variable> function) {
    this.function = function;
  }

  @Override
  public Shape outputShape(List<Shape> inputShapes) {
    if (inputShapes.size() != 2) {
      throw new IllegalArgumentException(
          "%s takes two inputs, found %d".formatted(this, inputShapes.size()));
    }
    return Shape.broadcast(inputShapes.get(0), inputShapes.get(1));
  }

  @Override
  public Variable forward(List<Variable> inputs) {
    List<Variable> aligned = aligned(inputs);
    return function.apply(aligned.get(0), aligned.get(1));
  }

  /** With as many axes as the input that has most, so that they broadcast sample by sample. */
  static List<Variable> aligned(List<Variable> inputs) {
    int rank = inputs.stream().mapToInt(input -> input.shape().rank()).max().orElse(0);
    return inputs.stream().map(input -> ofRank(rank, input)).toList();
  }

  /** With axes of extent 1 put after the sample axis, where broadcasting would put them before. */
  private static Variable ofRank(int rank, Variable x) {
    Shape shape = x.shape().dropFirst();
    while (shape.rank() < rank - 1) {
      shape = shape.prepend(1);
    }
    return Shapes.reshape(x, shape.prepend(x.shape().extent(0)));
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
