package org.samplegrad.core.models.onnx;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.layers.Activation;
import org.samplegrad.core.layers.Arithmetic;
import org.samplegrad.core.layers.AxisReduction;
import org.samplegrad.core.layers.BatchNorm;
import org.samplegrad.core.layers.GroupNorm;
import org.samplegrad.core.layers.Layer;
import org.samplegrad.core.layers.LayerNorm;

/** Normalisations as they are when a model is evaluated. */
final class NormalizationNodes {
  /** The operator set from which on a group normalisation has one scale per channel. */
  private static final int SCALE_PER_CHANNEL = 21;

  private static final double EPSILON = 1e-5;

  private NormalizationNodes() {}

  static Operand[] batch(OnnxNode node, GraphTranslation graph) {
    node.ignore("momentum", "spatial");
    if (node.flag("training_mode", false) || node.namedOutputs() > 1) {
      throw new IllegalArgumentException(
          "is in training mode, where the samples of a batch are normalised together and have no"
              + " gradients of their own; export the model after model.eval()");
    }
    GraphValue x = channelsFirst(node, graph);
    double epsilon = node.real("epsilon", EPSILON);
    List<Double> mean = Arrays.stream(node.constant(3, "mean").reals()).boxed().toList();
    List<Double> variance = Arrays.stream(node.constant(4, "variance").reals()).boxed().toList();
    return new Operand[] {
      perChannel(
          node, x, x.shape(), affine -> new BatchNorm(mean, variance, epsilon, affine), graph)
    };
  }

  static Operand instance(OnnxNode node, GraphTranslation graph) {
    GraphValue x = channelsFirst(node, graph);
    double epsilon = node.real("epsilon", EPSILON);
    int channels = x.shape().extent(0);
    return perChannel(
        node, x, x.shape(), affine -> new GroupNorm(channels, channels, epsilon, affine), graph);
  }

  static Operand group(OnnxNode node, GraphTranslation graph) {
    node.ignore("stash_type");
    GraphValue x = channelsFirst(node, graph);
    double epsilon = node.real("epsilon", EPSILON);
    long groups = node.integer("num_groups", 0);
    int channels = x.shape().extent(0);
    if (groups < 1 || groups > channels) {
      throw new IllegalArgumentException(
          "has %d groups for %d channels".formatted(groups, channels));
    }
    Shape scaled =
        node.opset() >= SCALE_PER_CHANNEL
            ? x.shape()
            : Shape.of((int) groups, x.shape().size() / (int) groups);
    return perChannel(
        node, x, scaled, affine -> new GroupNorm((int) groups, channels, epsilon, affine), graph);
  }

  private static GraphValue channelsFirst(OnnxNode node, GraphTranslation graph) {
    GraphValue x = graph.value(node.operand(0));
    if (!x.batched() || x.shape().rank() < 1) {
      throw new IllegalArgumentException(
          "needs an input [n, channels, ...], found the shape " + x.shape());
    }
    return x;
  }

  /** A layer with and without scale and bias. */
  @FunctionalInterface
  private interface ChannelLayer {
    Layer of(boolean affine);
  }

  /**
   * @param scaled the shape whose first axis the scale and the bias belong to
   */
  private static GraphValue perChannel(
      OnnxNode node, GraphValue x, Shape scaled, ChannelLayer layer, GraphTranslation graph) {
    Operand scale = graph.weight(node.operand(1));
    Operand bias = graph.weight(node.operand(2));
    Shape channels = Shape.of(x.shape().extent(0));
    if (isParameter(scale, channels) && isParameter(bias, channels)) {
      return graph.apply(layer.of(true), x, List.of((StoredTensor) scale, (StoredTensor) bias));
    }
    GraphValue result = graph.reshape(graph.apply(layer.of(false), x), scaled);
    int further = scaled.rank() - 1;
    if (!isAll(scale, 1)) {
      result = graph.combine(Arithmetic.MULTIPLY, result, graph.perChannel(scale, further));
    }
    if (!isAll(bias, 0)) {
      result = graph.combine(Arithmetic.ADD, result, graph.perChannel(bias, further));
    }
    return graph.reshape(result, x.shape());
  }

  private static boolean isParameter(Operand weight, Shape shape) {
    return weight instanceof StoredTensor stored
        && stored.shape().equals(shape)
        && stored.parameterShape().equals(shape);
  }

  /** Whether an operand is a constant that changes nothing. */
  private static boolean isAll(Operand operand, double number) {
    return operand instanceof StaticTensor constant
        && Arrays.stream(constant.reals()).allMatch(value -> value == number);
  }

  /** Over the axes from {@code axis} on, with a scale and a bias of their shape. */
  static Operand layer(OnnxNode node, GraphTranslation graph) {
    node.ignore("stash_type");
    GraphValue x = graph.valueAnywhere(node.operand(0));
    int axis = x.sampleAxis(node.integer("axis", -1), "normalises over");
    if (axis < x.samplesAxis()) {
      throw new IllegalArgumentException(
          "normalises over the axis of the samples, which mixes them");
    }
    double epsilon = node.real("epsilon", EPSILON);
    int[] extents = x.shape().extents();
    Shape last = Shape.of(Arrays.copyOfRange(extents, axis, extents.length));
    Operand scale = graph.weight(node.operand(1));
    Operand bias =
        node.has(2) ? graph.weight(node.operand(2)) : StaticTensor.ofReals(Shape.scalar(), 0);
    boolean scaleFits = isParameter(scale, last);
    if (scaleFits && isAll(bias, 0)) {
      LayerNorm layer = new LayerNorm(last, epsilon, true, false);
      return graph.apply(layer, x, List.of((StoredTensor) scale));
    }
    if (scaleFits && isParameter(bias, last)) {
      LayerNorm layer = new LayerNorm(last, epsilon, true, true);
      return graph.apply(layer, x, List.of((StoredTensor) scale, (StoredTensor) bias));
    }
    GraphValue result = graph.apply(new LayerNorm(last, epsilon, false, false), x);
    if (!isAll(scale, 1)) {
      result = graph.combine(Arithmetic.MULTIPLY, result, graph.weightValue(scale));
    }
    return isAll(bias, 0) ? result : graph.combine(Arithmetic.ADD, result, graph.weightValue(bias));
  }

  /** {@code x / sqrt(mean(x^2) + epsilon)} over the axes from {@code axis} on, times a scale. */
  static Operand rootMeanSquare(OnnxNode node, GraphTranslation graph) {
    node.ignore("stash_type");
    GraphValue x = graph.valueAnywhere(node.operand(0));
    int axis = x.sampleAxis(node.integer("axis", -1), "normalises over");
    if (axis < x.samplesAxis()) {
      throw new IllegalArgumentException(
          "normalises over the axis of the samples, which mixes them");
    }
    double epsilon = node.real("epsilon", EPSILON);
    List<Integer> axes = IntStream.range(axis, x.shape().rank()).boxed().toList();
    Layer mean = new AxisReduction(AxisReduction.Kind.MEAN, axes, true);
    GraphValue square = graph.apply(mean, graph.combine(Arithmetic.MULTIPLY, x, x));
    GraphValue shifted = graph.combine(Arithmetic.ADD, square, graph.constant(epsilon));
    GraphValue root = graph.apply(Activation.SQRT, shifted);
    GraphValue result = graph.combine(Arithmetic.DIVIDE, x, root);
    return graph.combine(Arithmetic.MULTIPLY, result, graph.weightValue(node.operand(1)));
  }
}
