package org.samplegrad.core.layers;

import java.util.List;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.ops.Shapes;

/**
 * 1 where a relation holds between two inputs, 0 elsewhere; without derivatives, as comparisons are
 * in PyTorch. The inputs broadcast without the sample axis.
 */
public enum Condition implements Combination {
  LESS((a, b) -> a < b),
  LESS_OR_EQUAL((a, b) -> a <= b),
  GREATER((a, b) -> a > b),
  GREATER_OR_EQUAL((a, b) -> a >= b),
  EQUAL((a, b) -> a == b),

  /** Whether one of the two is no number. */
  UNORDERED((a, b) -> Double.isNaN(a) || Double.isNaN(b));

  /** A relation of two numbers. */
  @FunctionalInterface
  private interface Relation {
    boolean holds(double a, double b);
  }

  private final transient Relation relation;

  Condition(Relation relation) {
    this.relation = relation;
  }

  @Override
  public Shape outputShape(List<Shape> inputShapes) {
    return Arithmetic.ADD.outputShape(inputShapes);
  }

  @Override
  public Variable forward(List<Variable> inputs) {
    List<Variable> aligned = Arithmetic.aligned(inputs);
    Shape shape = Shape.broadcast(aligned.get(0).shape(), aligned.get(1).shape());
    double[] a = values(aligned.get(0), shape);
    double[] b = values(aligned.get(1), shape);
    for (int i = 0; i < a.length; i++) {
      a[i] = relation.holds(a[i], b[i]) ? 1 : 0;
    }
    return Variable.constant(inputs.get(0).backend().tensor(shape, a));
  }

  private static double[] values(Variable x, Shape shape) {
    return x.backend().toDoubles(Shapes.broadcastTo(x.detach(), shape).value());
  }
}
