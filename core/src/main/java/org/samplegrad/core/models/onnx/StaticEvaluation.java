package org.samplegrad.core.models.onnx;

import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.LongBinaryOperator;
import java.util.function.LongUnaryOperator;

/**
 * What an operator gives for operands that are known without a sample: shapes that a file computes,
 * masks, positions. A node whose operands are all known is evaluated by it while the file is read.
 */
@FunctionalInterface
interface StaticEvaluation {
  /**
   * @return the node's results, in the file's order
   * @throws IllegalArgumentException if the node asks for what is not defined, or the result would
   *     be another for another number of samples
   */
  Operand[] evaluate(OnnxNode node);

  /** An operator with one result. */
  @FunctionalInterface
  interface OfOne {
    StaticTensor evaluate(OnnxNode node);
  }

  static StaticEvaluation one(OfOne evaluation) {
    return node -> {
      node.requireOneOutput("only the first is supported");
      return new Operand[] {evaluation.evaluate(node)};
    };
  }

  /** A function of each number. */
  static StaticEvaluation map(LongUnaryOperator ofIntegers, DoubleUnaryOperator ofReals) {
    return one(node -> node.known(0).map(ofIntegers, ofReals));
  }

  /** A function of each number that is defined for real numbers only. */
  static StaticEvaluation map(DoubleUnaryOperator ofReals) {
    return one(node -> node.known(0).toReals().map(number -> number, ofReals));
  }

  /** A function of one number of each operand, of two or more operands one after the other. */
  static StaticEvaluation combine(LongBinaryOperator ofIntegers, DoubleBinaryOperator ofReals) {
    return one(
        node -> {
          StaticTensor result = node.known(0);
          for (int i = 1; i < node.operandCount(); i++) {
            result = StaticTensor.combine(result, node.known(i), ofIntegers, ofReals);
          }
          return result;
        });
  }

  static StaticEvaluation compare(Relation relation) {
    return one(node -> StaticTensor.compare(node.known(0), node.known(1), relation));
  }

  /** A function of two truth values, 0 or 1. */
  static StaticEvaluation truth(LongBinaryOperator ofTruths) {
    return one(
        node ->
            StaticTensor.combine(
                node.known(0).toTruths(), node.known(1).toTruths(), ofTruths, (a, b) -> a));
  }
}
