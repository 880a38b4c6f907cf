package org.samplegrad.core.layers;

import java.util.List;
import java.util.stream.IntStream;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Indices;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.ops.Elementwise;
import org.samplegrad.core.ops.Selection;
import org.samplegrad.core.ops.Shapes;

/**
 * The elements of the second input where the first is 1, of the third where it is 0, as {@code
 * torch.where}. They are picked, not multiplied by 0 and 1, so that an infinite element that is not
 * chosen does no harm. The first input has no derivative.
 */
public record Choice() implements Combination {

  @Override
  public Shape outputShape(List<Shape> inputShapes) {
    if (inputShapes.size() != 3) {
      throw new IllegalArgumentException(
          "A choice takes a condition and two inputs, found " + inputShapes);
    }
    return inputShapes.stream().reduce(Shape.scalar(), Shape::broadcast);
  }

  @Override
  public Variable forward(List<Variable> inputs) {
    List<Variable> aligned = Arithmetic.aligned(inputs);
    Shape shape = aligned.stream().map(Variable::shape).reduce(Shape::broadcast).orElseThrow();
    Variable condition = Shapes.broadcastTo(aligned.get(0).detach(), shape);
    double[] truth = condition.backend().toDoubles(condition.value());
    int[] chosen = IntStream.range(0, truth.length).filter(i -> truth[i] > 0.5).toArray();
    int[] others = IntStream.range(0, truth.length).filter(i -> !(truth[i] > 0.5)).toArray();
    Variable yes = Shapes.broadcastTo(aligned.get(1), shape);
    Variable no = Shapes.broadcastTo(aligned.get(2), shape);
    if (others.length == 0 || chosen.length == 0) {
      return others.length == 0 ? yes : no;
    }
    return Elementwise.add(picked(yes, chosen), picked(no, others));
  }

  /** The elements at some positions, 0 elsewhere. */
  private static Variable picked(Variable x, int[] positions) {
    Indices indices = new Indices(Shape.of(positions.length), positions);
    return Selection.scatterAdd(Selection.gather(x, indices), indices, x.shape());
  }
}
