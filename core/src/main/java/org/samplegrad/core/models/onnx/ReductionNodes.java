package org.samplegrad.core.models.onnx;

import static org.samplegrad.core.models.onnx.OperatorTranslation.one;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.layers.AxisReduction;
import org.samplegrad.core.layers.Layer;
import org.samplegrad.core.layers.Linear;
import org.samplegrad.core.layers.Permute;

/** Operators that look at all numbers along some axes, never that of the samples. */
final class ReductionNodes {
  /** The operator set from which on softmax looks at one axis, instead of all from one on. */
  private static final int SOFTMAX_OF_ONE_AXIS = 13;

  private ReductionNodes() {}

  static OperatorTranslation reduction(AxisReduction.Kind kind) {
    return one(
        (node, graph) -> {
          boolean keeps = node.flag("keepdims", true);
          boolean emptyMeansNone = node.flag("noop_with_empty_axes", false);
          long[] axes = node.attributeOrInput("axes", 1, "axes");
          GraphValue x = graph.valueAnywhere(node.operand(0));
          if (axes == null || axes.length == 0) {
            if (emptyMeansNone) {
              if (kind == AxisReduction.Kind.NORM) {
                // The input itself to some, its absolute value to others.
                throw new IllegalArgumentException(
                    "has no axes and noop_with_empty_axes, which runtimes take in different ways;"
                        + " give it axes");
              }
              return x;
            }
            axes = LongStream.range(0, x.rank()).toArray();
          }
          List<Integer> ofSample =
              Arrays.stream(axes).mapToObj(axis -> x.sampleAxis(axis, "reduces")).toList();
          GraphValue reduced = graph.apply(new AxisReduction(kind, ofSample, keeps), x);
          long before =
              Arrays.stream(axes)
                  .filter(axis -> StaticArrangements.axis(axis, x.rank()) < x.samplesAxis())
                  .count();
          return keeps || before == 0 ? reduced : reduced.with(x.layout().moved((int) -before));
        });
  }

  /** The sums of all before each number along an axis: a product with a triangle of ones. */
  static Operand cumulative(OnnxNode node, GraphTranslation graph) {
    GraphValue x = graph.valueAnywhere(node.operand(0));
    boolean exclusive = node.flag("exclusive", false);
    boolean reverse = node.flag("reverse", false);
    int axis = x.sampleAxis((long) node.constant(1, "axis").number("axis"), "adds up along");
    int extent = x.shape().extent(axis);
    Shape square = Shape.of(extent, extent);
    StaticTensor.requireFew(square);
    double[] ones = new double[square.size()];
    Arrays.setAll(
        ones,
        i -> {
          int behind = (i % extent - i / extent) * (reverse ? -1 : 1);
          return behind > 0 || behind == 0 && !exclusive ? 1 : 0;
        });
    int rank = x.shape().rank();
    List<Integer> swap = new ArrayList<>(IntStream.range(0, rank).boxed().toList());
    Collections.swap(swap, axis, rank - 1);
    Layer permute = new Permute(swap);
    GraphValue last = graph.apply(permute, x);
    Layer product = new Linear(extent, extent, false, true);
    GraphValue sums = graph.apply(product, last, List.of(StaticTensor.ofReals(square, ones)));
    return graph.apply(permute, sums);
  }

  /** The mean over all axes but samples and channels. */
  static Operand globalAverage(OnnxNode node, GraphTranslation graph) {
    GraphValue x = graph.value(node.operand(0));
    if (!x.batched() || x.rank() < 3) {
      throw new IllegalArgumentException(
          "needs an input [n, channels, ...], found the shape %s for one sample"
              .formatted(x.shape()));
    }
    List<Integer> axes = IntStream.range(1, x.shape().rank()).boxed().toList();
    return graph.apply(new AxisReduction(AxisReduction.Kind.MEAN, axes, true), x);
  }

  /**
   * Softmax and its logarithm.
   *
   * @param layer over an axis of one sample
   */
  static OperatorTranslation softmax(IntFunction<Layer> layer) {
    return one(
        (node, graph) -> {
          boolean ofOneAxis = node.opset() >= SOFTMAX_OF_ONE_AXIS;
          GraphValue x =
              ofOneAxis ? graph.valueAnywhere(node.operand(0)) : graph.value(node.operand(0));
          int axis = x.sampleAxis(node.integer("axis", ofOneAxis ? -1 : 1), "normalises over");
          if (ofOneAxis || axis == x.shape().rank() - 1) {
            return graph.apply(layer.apply(axis), x);
          }
          int[] flat = Arrays.copyOf(x.shape().extents(), axis + 1);
          flat[axis] = IntStream.of(x.shape().extents()).skip(axis).reduce(1, (a, b) -> a * b);
          GraphValue y = graph.apply(layer.apply(axis), graph.reshape(x, Shape.of(flat)));
          return graph.reshape(y, x.shape());
        });
  }
}
