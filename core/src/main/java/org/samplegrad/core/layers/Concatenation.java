package org.samplegrad.core.layers;

import java.util.List;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.ops.Elementwise;
import org.samplegrad.core.ops.Shapes;

/**
 * Inputs one after the other along an axis, as {@code torch.cat}.
 *
 * @param axis of one sample, 0 for channels; negative ones count from the last
 */
public record Concatenation(int axis) implements Combination {

  @Override
  public Shape outputShape(List<Shape> inputShapes) {
    if (inputShapes.isEmpty()) {
      throw new IllegalArgumentException("A concatenation takes at least one input");
    }
    Shape first = inputShapes.get(0);
    int position = Axes.of(first, axis);
    int[] extents = first.extents();
    for (Shape other : inputShapes.subList(1, inputShapes.size())) {
      if (!like(first, other, position)) {
        throw new IllegalArgumentException(
            "Cannot concatenate along the axis %d inputs of the shapes %s"
                .formatted(axis, inputShapes));
      }
      extents[position] = Math.addExact(extents[position], other.extent(position));
    }
    return Shape.of(extents);
  }

  /** Whether two shapes differ in nothing but one axis. */
  private static boolean like(Shape a, Shape b, int axis) {
    if (a.rank() != b.rank()) {
      return false;
    }
    int[] extents = b.extents();
    extents[axis] = a.extent(axis);
    return Shape.of(extents).equals(a);
  }

  @Override
  public Variable forward(List<Variable> inputs) {
    int samples = inputs.stream().mapToInt(input -> input.shape().extent(0)).max().orElseThrow();
    int position = 1 + Axes.of(inputs.get(0).shape().dropFirst(), axis);
    int length = inputs.stream().mapToInt(input -> input.shape().extent(position)).sum();
    Variable result = null;
    int before = 0;
    for (Variable input : inputs) {
      Variable all = Shapes.broadcastTo(input, input.shape().dropFirst().prepend(samples));
      int own = input.shape().extent(position);
      Variable padded = Shapes.pad(all, position, before, length - before - own);
      result = result == null ? padded : Elementwise.add(result, padded);
      before += own;
    }
    return result;
  }
}
