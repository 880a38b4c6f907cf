package org.samplegrad.core.models.onnx;

import static org.samplegrad.core.models.onnx.OperatorTranslation.one;

import java.util.List;
import org.samplegrad.core.layers.Arithmetic;
import org.samplegrad.core.layers.Choice;
import org.samplegrad.core.layers.Condition;
import org.samplegrad.core.layers.Layer;
import org.samplegrad.core.layers.Softplus;

/**
 * Comparisons of samples, and what is chosen by them. A truth is a value of the graph, 1 or 0, that
 * has no derivatives.
 */
final class TruthNodes {
  private TruthNodes() {}

  static OperatorTranslation compare(Condition condition) {
    return one(
        (node, graph) -> {
          GraphValue left = graph.valueAnywhere(node.operand(0));
          GraphValue right = graph.valueAnywhere(node.operand(1));
          GraphValue truth = graph.truth(graph.combine(condition, left, right));
          if (condition == Condition.GREATER) {
            graph.compared(truth, left, graph.number(node.operand(1)));
          }
          return truth;
        });
  }

  static Operand isNotANumber(OnnxNode node, GraphTranslation graph) {
    GraphValue x = graph.valueAnywhere(node.operand(0));
    return graph.truth(graph.combine(Condition.UNORDERED, x, x));
  }

  private static GraphValue truth(OnnxNode node, int index, GraphTranslation graph) {
    Operand operand = node.operand(index);
    if (graph.isKnown(operand)) {
      return graph.constant(graph.known(operand).toTruths());
    }
    if (!graph.isTruth(operand)) {
      throw new IllegalArgumentException(
          "needs truths as its input %d, which come from comparisons".formatted(index));
    }
    return graph.valueAnywhere(operand);
  }

  static Operand not(OnnxNode node, GraphTranslation graph) {
    GraphValue truth = truth(node, 0, graph);
    return graph.truth(graph.combine(Arithmetic.SUBTRACT, graph.constant(1), truth));
  }

  static Operand and(OnnxNode node, GraphTranslation graph) {
    return graph.truth(
        graph.combine(Arithmetic.MULTIPLY, truth(node, 0, graph), truth(node, 1, graph)));
  }

  /** {@code a + b - a b}. */
  static Operand or(OnnxNode node, GraphTranslation graph) {
    GraphValue a = truth(node, 0, graph);
    GraphValue b = truth(node, 1, graph);
    GraphValue both = graph.combine(Arithmetic.MULTIPLY, a, b);
    GraphValue sum = graph.combine(Arithmetic.ADD, a, b);
    return graph.truth(graph.combine(Arithmetic.SUBTRACT, sum, both));
  }

  /** Also as PyTorch exports softplus: {@code x} above a threshold, softplus elsewhere. */
  static Operand where(OnnxNode node, GraphTranslation graph) {
    GraphTranslation.Compared compared = graph.comparison(node.operand(0));
    if (compared != null) {
      double beta = graph.softplusBeta(node.operand(1), compared.left(), node.operand(2));
      if (!Double.isNaN(beta)) {
        Layer softplus = new Softplus(beta, compared.threshold());
        return graph.apply(softplus, (GraphValue) node.operand(1));
      }
    }
    return choose(
        truth(node, 0, graph),
        graph.valueAnywhere(node.operand(1)),
        graph.valueAnywhere(node.operand(2)),
        graph);
  }

  private static GraphValue choose(
      GraphValue truth, GraphValue yes, GraphValue no, GraphTranslation graph) {
    return graph.combineAll(new Choice(), graph.alignedAll(List.of(truth, yes, no)));
  }

  /** The larger or smaller of two values; where they are equal, half of the gradient to each. */
  static GraphValue extreme(boolean larger, GraphValue a, GraphValue b, GraphTranslation graph) {
    GraphValue above = graph.combine(larger ? Condition.GREATER : Condition.LESS, a, b);
    GraphValue below = graph.combine(larger ? Condition.LESS : Condition.GREATER, a, b);
    GraphValue sum = graph.combine(Arithmetic.ADD, a, b);
    GraphValue mean = graph.combine(Arithmetic.MULTIPLY, sum, graph.constant(0.5));
    return choose(above, a, choose(below, b, mean, graph), graph);
  }

  /** A triangle of each matrix, 0 elsewhere. */
  static Operand triangle(OnnxNode node, GraphTranslation graph) {
    GraphValue x = graph.valueAnywhere(node.operand(0));
    if (x.rank() < 2 || x.samplesAxis() > x.rank() - 3) {
      throw new IllegalArgumentException(
          "takes a triangle of %s, which mixes samples"
              .formatted(ShapeNodes.text(ShapeNodes.extents(x))));
    }
    int rank = x.shape().rank();
    StaticTensor mask =
        StaticNumbers.triangle(node, x.shape().extent(rank - 2), x.shape().extent(rank - 1));
    return choose(graph.constant(mask), x, graph.constant(0), graph);
  }
}
