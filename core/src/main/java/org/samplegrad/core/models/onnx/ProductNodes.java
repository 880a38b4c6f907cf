package org.samplegrad.core.models.onnx;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.layers.Arithmetic;
import org.samplegrad.core.layers.Layer;
import org.samplegrad.core.layers.Linear;
import org.samplegrad.core.layers.MatrixProduct;
import org.samplegrad.core.layers.Permute;

/**
 * Matrix products. One with a matrix of parameters becomes a linear layer, whose per-sample
 * gradients stay factored.
 */
final class ProductNodes {
  private ProductNodes() {}

  /** {@code alpha A B + beta C}, where B may be transposed. */
  static Operand gemm(OnnxNode node, GraphTranslation graph) {
    boolean transposesA = node.flag("transA", false);
    boolean transposesB = node.flag("transB", false);
    double alpha = node.real("alpha", 1);
    double beta = node.real("beta", 1);
    GraphValue a = graph.weightValue(node.operand(0));
    if (a.rank() != 2 || a.batched() && (transposesA || a.samplesAxis() != 0)) {
      throw new IllegalArgumentException(
          "needs a first input [n, features], not transposed; found the shape %s for one sample"
              .formatted(a.shape()));
    }
    GraphValue rows = transposesA ? transposed(a, graph) : a;
    Operand matrix = node.operand(1);
    if (alpha == 1 && beta == 1 && a.batched() && isBias(node, graph, matrix, transposesB)) {
      return linear(rows, matrix, transposesB, node.operand(2), graph);
    }
    GraphValue product = scaled(product(rows, matrix, transposesB, graph), alpha, graph);
    return node.has(2) && beta != 0
        ? graph.combine(
            Arithmetic.ADD, product, scaled(graph.weightValue(node.operand(2)), beta, graph))
        : product;
  }

  /** The product of rows with a matrix that may be seen transposed. */
  private static GraphValue product(
      GraphValue rows, Operand matrix, boolean transposed, GraphTranslation graph) {
    if (rows.batched() && !(matrix instanceof GraphValue value && value.batched())) {
      return linear(rows, matrix, transposed, null, graph);
    }
    GraphValue value = graph.weightValue(matrix);
    return matrixProduct(rows, transposed ? transposed(value, graph) : value, graph);
  }

  /** Whether the third input is what a linear layer has as its bias. */
  private static boolean isBias(
      OnnxNode node, GraphTranslation graph, Operand matrix, boolean transposed) {
    int outputs = matrix.shape().rank() == 2 ? matrix.shape().extent(transposed ? 0 : 1) : -1;
    return node.has(2)
        && graph.isParameterAsWeight(node.operand(2))
        && node.operand(2).shape().equals(Shape.of(outputs));
  }

  private static void requireMatrix(Shape shape) {
    if (shape.rank() != 2) {
      throw new IllegalArgumentException("needs a matrix, found the shape " + shape);
    }
  }

  private static GraphValue transposed(GraphValue matrix, GraphTranslation graph) {
    requireMatrix(matrix.shape());
    return graph.apply(new Permute(List.of(1, 0)), matrix);
  }

  private static GraphValue scaled(GraphValue x, double factor, GraphTranslation graph) {
    return factor == 1 ? x : graph.combine(Arithmetic.MULTIPLY, x, graph.constant(factor));
  }

  /**
   * {@code x B + bias}.
   *
   * @param matrix B, {@code [in, out]}, the same for all samples
   * @param transposed whether it is {@code [out, in]} instead
   * @param bias null if there is none
   */
  private static GraphValue linear(
      GraphValue x, Operand matrix, boolean transposed, Operand bias, GraphTranslation graph) {
    requireMatrix(matrix.shape());
    int inputs = matrix.shape().extent(transposed ? 1 : 0);
    int outputs = matrix.shape().extent(transposed ? 0 : 1);
    boolean inputsFirst = !transposed;
    Operand weight = matrix;
    if (matrix instanceof StoredTensor stored && stored.transposed()) {
      inputsFirst = transposed; // the parameter lies the other way
      weight = graph.isParameterAsWeight(stored) ? stored : stored.transpose();
    }
    Layer layer = new Linear(inputs, outputs, bias != null, inputsFirst);
    return graph.apply(layer, x, bias == null ? List.of(weight) : List.of(weight, bias));
  }

  static Operand matMul(OnnxNode node, GraphTranslation graph) {
    Operand left = node.operand(0);
    Operand right = node.operand(1);
    if (left instanceof StaticTensor a && right instanceof StaticTensor b) {
      return StaticReductions.product(a, b); // a stored matrix may be a parameter
    }
    if (isOfSamples(left) && isMatrixForAll(right)) {
      GraphValue x = (GraphValue) left;
      if (x.samplesAxis() == x.rank() - 1) {
        throw new IllegalArgumentException("multiplies the samples themselves, which mixes them");
      }
      return linear(x, right, false, null, graph);
    }
    if (isMatrixForAll(left) && isOfSamples(right)) {
      GraphValue x = (GraphValue) right;
      if (x.samplesAxis() > x.rank() - 3) {
        throw new IllegalArgumentException("sums over the samples, which mixes them");
      }
      Layer swap = swapLast(x.shape().rank());
      GraphValue product = linear(graph.apply(swap, x), left, true, null, graph);
      return graph.apply(swap, product);
    }
    return matrixProduct(graph.weightValue(left), graph.weightValue(right), graph);
  }

  private static boolean isOfSamples(Operand operand) {
    return operand instanceof GraphValue value && value.batched();
  }

  private static boolean isMatrixForAll(Operand operand) {
    return !isOfSamples(operand) && operand.shape().rank() == 2;
  }

  private static Layer swapLast(int rank) {
    List<Integer> axes = new ArrayList<>(IntStream.range(0, rank).boxed().toList());
    Collections.swap(axes, rank - 2, rank - 1);
    return new Permute(axes);
  }

  private static GraphValue matrixProduct(GraphValue a, GraphValue b, GraphTranslation graph) {
    if (a.isMoved() || b.isMoved()) {
      SampleLayout layout = graph.layout(List.of(a, b)); // the same, or refused
      if (a.rank() != b.rank() || layout.axis() > a.rank() - 3) {
        throw new IllegalArgumentException(
            "multiplies %s and %s in a way that mixes samples"
                .formatted(
                    ShapeNodes.text(ShapeNodes.extents(a)),
                    ShapeNodes.text(ShapeNodes.extents(b))));
      }
      return graph.combineAll(new MatrixProduct(), List.of(a, b));
    }
    boolean apart =
        !a.batched() && !b.batched()
            || (a.batched() && b.batched()
                ? a.rank() == b.rank() && a.rank() > 2
                : a.batched()
                    ? a.rank() > 1 && (b.rank() <= 2 || b.rank() < a.rank())
                    : b.rank() > 2);
    if (!apart || !a.batched() && b.batched() && a.rank() >= b.rank()) {
      throw new IllegalArgumentException(
          "multiplies inputs of the shapes %s and %s for one sample in a way that mixes samples"
              .formatted(a.shape(), b.shape()));
    }
    return graph.combineAll(new MatrixProduct(), List.of(a, b));
  }
}
