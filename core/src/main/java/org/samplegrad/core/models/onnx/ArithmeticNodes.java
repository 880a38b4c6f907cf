package org.samplegrad.core.models.onnx;

import static org.samplegrad.core.models.onnx.OperatorTranslation.one;

import java.util.List;
import java.util.function.Function;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.layers.Activation;
import org.samplegrad.core.layers.Arithmetic;
import org.samplegrad.core.layers.Clip;
import org.samplegrad.core.layers.Elu;
import org.samplegrad.core.layers.Gelu;
import org.samplegrad.core.layers.Layer;
import org.samplegrad.core.layers.PRelu;
import org.samplegrad.core.layers.Power;
import org.samplegrad.core.layers.Softplus;

/** Operators that work on each number by itself. Between constants they are evaluated. */
final class ArithmeticNodes {
  /** Without the threshold above which PyTorch's equals its argument to nine digits. */
  static final Softplus SOFTPLUS = new Softplus(1, Double.POSITIVE_INFINITY);

  private static final double SELU_ALPHA = 1.6732632423543772848170429916717;
  private static final double SELU_GAMMA = 1.0507009873554804934193349852946;

  private ArithmeticNodes() {}

  static OperatorTranslation binary(Arithmetic arithmetic) {
    return one(
        (node, graph) -> {
          GraphValue left = graph.valueAnywhere(node.operand(0));
          GraphValue right = graph.valueAnywhere(node.operand(1));
          GraphValue result = graph.combine(arithmetic, left, right);
          double number = graph.number(node.operand(1));
          return switch (arithmetic) {
            case MULTIPLY -> graph.scaled(result, left, number);
            case DIVIDE -> graph.scaled(result, left, 1 / number);
            default -> result;
          };
        });
  }

  /** A layer that the node's attributes choose. */
  static OperatorTranslation activation(Function<OnnxNode, Layer> layer) {
    return one(
        (node, graph) -> graph.apply(layer.apply(node), graph.valueAnywhere(node.operand(0))));
  }

  static Operand reciprocal(OnnxNode node, GraphTranslation graph) {
    return graph.combine(
        Arithmetic.DIVIDE, graph.constant(1), graph.valueAnywhere(node.operand(0)));
  }

  /** A function of any number of inputs, of two at a time. */
  static OperatorTranslation many(Arithmetic arithmetic) {
    return one(
        (node, graph) -> {
          GraphValue result = graph.value(node.operand(0));
          for (int i = 1; i < node.operandCount(); i++) {
            result = graph.combine(arithmetic, result, graph.value(node.operand(i)));
          }
          return result;
        });
  }

  static Operand power(OnnxNode node, GraphTranslation graph) {
    StaticTensor exponent = node.constant(1, "exponent");
    return graph.apply(
        new Power(exponent.number("exponent")), graph.valueAnywhere(node.operand(0)));
  }

  /** The constants in a file are PyTorch's, rounded. */
  static Operand selu(OnnxNode node, GraphTranslation graph) {
    GraphValue x = graph.value(node.operand(0));
    float alpha = (float) node.real("alpha", SELU_ALPHA);
    float gamma = (float) node.real("gamma", SELU_GAMMA);
    if (alpha == (float) SELU_ALPHA && gamma == (float) SELU_GAMMA) {
      return graph.apply(Activation.SELU, x);
    }
    GraphValue y = graph.apply(new Elu(alpha), x);
    return graph.combine(Arithmetic.MULTIPLY, y, graph.constant(gamma));
  }

  static Operand hardSigmoid(OnnxNode node, GraphTranslation graph) {
    GraphValue x = graph.value(node.operand(0));
    double alpha = node.real("alpha", 0.2);
    double beta = node.real("beta", 0.5);
    if (alpha == 1.0 / 6 && beta == 0.5) {
      return graph.apply(Activation.HARDSIGMOID, x);
    }
    GraphValue scaled = graph.combine(Arithmetic.MULTIPLY, x, graph.constant(alpha));
    GraphValue shifted = graph.combine(Arithmetic.ADD, scaled, graph.constant(beta));
    return graph.apply(new Clip(0, 1), shifted);
  }

  static Layer gelu(OnnxNode node) {
    String form = node.text("approximate", "none");
    if (!form.equals("none") && !form.equals("tanh")) {
      throw new IllegalArgumentException("approximates by the unknown '%s'".formatted(form));
    }
    return new Gelu(form.equals("tanh"));
  }

  /** {@code x sigmoid(alpha x)}. */
  static Operand swish(OnnxNode node, GraphTranslation graph) {
    GraphValue x = graph.value(node.operand(0));
    GraphValue scaled =
        graph.combine(Arithmetic.MULTIPLY, x, graph.constant(node.real("alpha", 1)));
    return graph.combine(Arithmetic.MULTIPLY, x, graph.apply(Activation.SIGMOID, scaled));
  }

  /** One slope, one for each channel, or any that broadcast to the input. */
  static Operand parametricRelu(OnnxNode node, GraphTranslation graph) {
    GraphValue x = graph.value(node.operand(0));
    Operand slope = node.operand(1);
    if (graph.isParameterAsWeight(slope)) {
      StoredTensor stored = (StoredTensor) slope;
      Shape own = stored.parameterShape();
      boolean ofChannels =
          slope.shape().rank() == x.shape().rank()
              && slope.shape().extent(0) == slope.shape().size()
              && own.size() == x.shape().extent(0);
      if (own.rank() == 1 && (own.size() == 1 || ofChannels)) {
        return graph.apply(new PRelu(own.size()), x, List.of(stored));
      }
    }
    GraphValue negative = graph.apply(new Clip(Double.NEGATIVE_INFINITY, 0), x);
    GraphValue below = graph.combine(Arithmetic.MULTIPLY, negative, graph.weightValue(slope));
    return graph.combine(Arithmetic.ADD, graph.apply(Activation.RELU, x), below);
  }

  static Operand clip(OnnxNode node, GraphTranslation graph) {
    double least = bound(node, "min", 1, Double.NEGATIVE_INFINITY);
    double most = bound(node, "max", 2, Double.POSITIVE_INFINITY);
    return graph.apply(new Clip(least, most), graph.valueAnywhere(node.operand(0)));
  }

  static double bound(OnnxNode node, String name, int operand, double none) {
    double ofAttribute = node.real(name, none);
    if (!node.has(operand)) {
      return Math.abs(ofAttribute) > Float.MAX_VALUE / 2 ? none : ofAttribute;
    }
    double number = node.constant(operand, name).number(name);
    return Math.abs(number) > Float.MAX_VALUE / 2 ? none : number;
  }

  /** Max and Min: with one number beside the samples, or of values two at a time. */
  static OperatorTranslation bounded(boolean fromBelow) {
    return one(
        (node, graph) -> {
          boolean first = graph.isKnown(node.operand(0));
          Operand other = node.operand(first ? 0 : node.operandCount() - 1);
          if (node.operandCount() == 2 && graph.isKnown(other) && other.shape().size() == 1) {
            double bound = graph.known(other).number("bound");
            Layer layer =
                fromBelow
                    ? new Clip(bound, Double.POSITIVE_INFINITY)
                    : new Clip(Double.NEGATIVE_INFINITY, bound);
            return graph.apply(layer, graph.valueAnywhere(node.operand(first ? 1 : 0)));
          }
          GraphValue result = graph.valueAnywhere(node.operand(0));
          for (int i = 1; i < node.operandCount(); i++) {
            result =
                TruthNodes.extreme(fromBelow, result, graph.valueAnywhere(node.operand(i)), graph);
          }
          return result;
        });
  }
}
