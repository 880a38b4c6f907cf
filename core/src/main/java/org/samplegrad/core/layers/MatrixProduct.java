package org.samplegrad.core.layers;

import static org.samplegrad.core.ops.Shapes.broadcastTo;
import static org.samplegrad.core.ops.Shapes.reshape;

import java.util.Arrays;
import java.util.List;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.ops.Products;

/**
 * The matrix product of two inputs, sample by sample, as {@code torch.matmul} multiplies those of
 * one sample: {@code [..., m, k] x [..., k, p] -> [..., m, p]}, where leading axes broadcast and a
 * vector stands for one row on the left or one column on the right.
 */
public record MatrixProduct() implements Combination {

  @Override
  public Shape outputShape(List<Shape> inputShapes) {
    if (inputShapes.size() != 2
        || inputShapes.get(0).rank() == 0
        || inputShapes.get(1).rank() == 0) {
      throw new IllegalArgumentException(
          "A matrix product takes two vectors or matrices, found " + inputShapes);
    }
    Shape left = inputShapes.get(0);
    Shape right = inputShapes.get(1);
    Shape a = matrix(left, true);
    Shape b = matrix(right, false);
    if (a.extent(-1) != b.extent(-2)) {
      throw new IllegalArgumentException(
          "Cannot multiply %s by %s: the last axis of the one and the one before the last of the"
                  .formatted(left, right)
              + " other differ");
    }
    Shape batches = Shape.broadcast(leading(a), leading(b));
    return withoutVectorAxes(matrices(batches, a.extent(-2), b.extent(-1)), left, right);
  }

  /** A vector as a row on the left or a column on the right; other shapes as they are. */
  private static Shape matrix(Shape shape, boolean left) {
    if (shape.rank() > 1) {
      return shape;
    }
    return left ? Shape.of(1, shape.extent(0)) : Shape.of(shape.extent(0), 1);
  }

  /** All axes but those of the matrices. */
  private static Shape leading(Shape shape) {
    return Shape.of(Arrays.copyOf(shape.extents(), shape.rank() - 2));
  }

  private static Shape matrices(Shape leading, int rows, int columns) {
    int[] extents = Arrays.copyOf(leading.extents(), leading.rank() + 2);
    extents[leading.rank()] = rows;
    extents[leading.rank() + 1] = columns;
    return Shape.of(extents);
  }

  /** The product without the axes that vectors were given. */
  private static Shape withoutVectorAxes(Shape product, Shape left, Shape right) {
    Shape batches = leading(product);
    int[] extents = Arrays.copyOf(batches.extents(), product.rank());
    int rank = batches.rank();
    if (left.rank() > 1) {
      extents[rank++] = product.extent(-2);
    }
    if (right.rank() > 1) {
      extents[rank++] = product.extent(-1);
    }
    return Shape.of(Arrays.copyOf(extents, rank));
  }

  @Override
  public Variable forward(List<Variable> inputs) {
    Variable left = inputs.get(0);
    Variable right = inputs.get(1);
    Shape ofLeft = left.shape().dropFirst();
    Shape ofRight = right.shape().dropFirst();
    Shape a = matrix(ofLeft, true);
    Shape b = matrix(ofRight, false);
    int samples = Math.max(left.shape().extent(0), right.shape().extent(0));
    Shape result = outputShape(List.of(ofLeft, ofRight)).prepend(samples);
    if (right.shape().extent(0) == 1 && leading(b).size() == 1) {
      Variable rows = reshape(left, Shape.of(left.shape().size() / a.extent(-1), a.extent(-1)));
      return reshape(Products.matmul(rows, reshape(right, matrices(Shape.scalar(), b))), result);
    }
    Shape batches = Shape.broadcast(leading(a), leading(b));
    Variable product =
        Products.matmul(each(left, a, batches, samples), each(right, b, batches, samples));
    return reshape(product, result);
  }

  private static Shape matrices(Shape leading, Shape like) {
    return matrices(leading, like.extent(-2), like.extent(-1));
  }

  /** {@code [n or 1, ..., r, c] -> [n * batches, r, c]}. */
  private static Variable each(Variable x, Shape matrix, Shape batches, int samples) {
    Shape own = leading(matrix);
    while (own.rank() < batches.rank()) {
      own = own.prepend(1);
    }
    Variable aligned = reshape(x, matrices(own, matrix).prepend(x.shape().extent(0)));
    Variable all = broadcastTo(aligned, matrices(batches, matrix).prepend(samples));
    return reshape(all, matrices(Shape.of(samples * batches.size()), matrix));
  }
}
