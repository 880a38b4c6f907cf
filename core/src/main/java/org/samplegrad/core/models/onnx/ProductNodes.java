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
    GraphValue a = graph.value(node.operand(0));
    if (!a.batched() || a.rank() != 2 || transposesA) {
      throw new IllegalArgumentException(
          "needs a first input [n, features], not transposed; found the shape %s for one sample"
              .formatted(a.shape()));
    }
    Operand matrix = node.operand(1);
    boolean layered = graph.isParameterAsWeight(matrix);
    boolean plain = layered && alpha == 1 && beta == 1 && isBias(node, graph, matrix, transposesB);
    if (plain) {
      return linear(
          a, seen((StoredTensor) matrix, transposesB), (StoredTensor) node.operand(2), graph);
    }
    GraphValue product =
        layered
            ? linear(a, seen((StoredTensor) matrix, transposesB), null, graph)
            : matrixProduct(
                a,
                transposesB ? transposed(graph.value(matrix), graph) : graph.value(matrix),
                graph);
    product = scaled(product, alpha, graph);
    return node.has(2) && beta != 0
        ? graph.combine(
            Arithmetic.ADD, product, scaled(graph.weightValue(node.operand(2)), beta, graph))
        : product;
  }

  /** Whether the third input is what a linear layer has as its bias. */
  private static boolean isBias(
      OnnxNode node, GraphTranslation graph, Operand matrix, boolean transposed) {
    int outputs = matrix.shape().rank() == 2 ? matrix.shape().extent(transposed ? 0 : 1) : -1;
    return node.has(2)
        && graph.isParameterAsWeight(node.operand(2))
        && node.operand(2).shape().equals(Shape.of(outputs));
  }

  private static StoredTensor seen(StoredTensor matrix, boolean transposed) {
    requireMatrix(matrix.shape());
    return transposed ? matrix.transpose() : matrix;
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
   * @param matrix B, {@code [in, out]}
   * @param bias null if there is none
   */
  private static GraphValue linear(
      GraphValue x, StoredTensor matrix, StoredTensor bias, GraphTranslation graph) {
    int inputs = matrix.shape().extent(0);
    int outputs = matrix.shape().extent(1);
    Layer layer = new Linear(inputs, outputs, bias != null, !matrix.transposed());
    List<StoredTensor> tensors = bias == null ? List.of(matrix) : List.of(matrix, bias);
    return graph.apply(layer, x, tensors);
  }

  static Operand matMul(OnnxNode node, GraphTranslation graph) {
    Operand left = node.operand(0);
    Operand right = node.operand(1);
    if (left instanceof StaticTensor a && right instanceof StaticTensor b) {
      return StaticReductions.product(a, b); // a stored matrix may be a parameter
    }
    if (isMatrixOfParameters(right, graph) && graph.value(left).batched()) {
      GraphValue x = graph.value(left);
      if (x.rank() < 2) {
        throw new IllegalArgumentException("multiplies the samples themselves, which mixes them");
      }
      return linear(x, (StoredTensor) right, null, graph);
    }
    if (isMatrixOfParameters(left, graph) && right instanceof GraphValue x && x.batched()) {
      if (x.rank() < 3) {
        throw new IllegalArgumentException("sums over the samples, which mixes them");
      }
      Layer swap = swapLast(x.shape().rank());
      GraphValue columns = graph.apply(swap, x);
      GraphValue product = linear(columns, ((StoredTensor) left).transpose(), null, graph);
      return graph.apply(swap, product);
    }
    return matrixProduct(graph.weightValue(left), graph.weightValue(right), graph);
  }

  private static boolean isMatrixOfParameters(Operand operand, GraphTranslation graph) {
    return graph.isParameterAsWeight(operand) && operand.shape().rank() == 2;
  }

  private static Layer swapLast(int rank) {
    List<Integer> axes = new ArrayList<>(IntStream.range(0, rank).boxed().toList());
    Collections.swap(axes, rank - 2, rank - 1);
    return new Permute(axes);
  }

  private static GraphValue matrixProduct(GraphValue a, GraphValue b, GraphTranslation graph) {
    boolean apart =
        a.batched() && b.batched()
            ? a.rank() == b.rank() && a.rank() > 2
            : a.batched() ? a.rank() > 1 && (b.rank() <= 2 || b.rank() < a.rank()) : b.rank() > 2;
    if (!apart || !a.batched() && b.batched() && a.rank() >= b.rank()) {
      throw new IllegalArgumentException(
          "multiplies inputs of the shapes %s and %s for one sample in a way that mixes samples"
              .formatted(a.shape(), b.shape()));
    }
    return graph.combineAll(new MatrixProduct(), List.of(a, b));
  }
}
