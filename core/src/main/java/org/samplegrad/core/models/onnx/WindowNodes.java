package org.samplegrad.core.models.onnx;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Window;
import org.samplegrad.core.layers.Arithmetic;
import org.samplegrad.core.layers.AveragePool;
import org.samplegrad.core.layers.Convolution;
import org.samplegrad.core.layers.Layer;
import org.samplegrad.core.layers.MaxPool;

/** Convolutions and pools, over one to three axes. */
final class WindowNodes {
  private WindowNodes() {}

  static Operand convolution(OnnxNode node, GraphTranslation graph) {
    GraphValue x = image(node, graph);
    Operand weight = node.operand(1);
    Shape shape = weight.shape();
    if (shape.rank() != x.rank()) {
      throw new IllegalArgumentException(
          "has a weight of the shape %s for an input with %d axes; expected [out, in/groups, kernel...]"
              .formatted(shape, x.rank()));
    }
    int[] kernel = Arrays.copyOfRange(shape.extents(), 2, shape.rank());
    long[] named = node.integers("kernel_shape");
    if (named != null && !Arrays.equals(named, Arrays.stream(kernel).asLongStream().toArray())) {
      throw new IllegalArgumentException(
          "has the kernel %s and a weight of the shape %s"
              .formatted(Arrays.toString(named), shape));
    }
    int groups = positive(node.integer("group", 1), "group");
    Window window = window(node, x, kernel, false);
    boolean bias = node.has(2) && graph.isParameterAsWeight(node.operand(2));
    int inputs = Math.multiplyExact(shape.extent(1), groups);
    Layer layer = new Convolution(inputs, shape.extent(0), window, groups, bias);
    List<Operand> weights = bias ? List.of(weight, node.operand(2)) : List.of(weight);
    GraphValue y = graph.apply(layer, x, weights);
    return bias || !node.has(2)
        ? y
        : graph.combine(Arithmetic.ADD, y, graph.perChannel(node.operand(2), kernel.length));
  }

  /** An input {@code [n, channels, ...]} with one to three further axes. */
  private static GraphValue image(OnnxNode node, GraphTranslation graph) {
    GraphValue x = graph.value(node.operand(0));
    if (!x.batched() || x.rank() < 3 || x.rank() > 5) {
      throw new IllegalArgumentException(
          "has an input of the shape %s for one sample; expected channels and 1 to 3 further axes"
              .formatted(x.shape()));
    }
    return x;
  }

  static Operand maxPool(OnnxNode node, GraphTranslation graph) {
    node.ignore("storage_order");
    node.requireOneOutput("the positions of the maxima are not computed");
    GraphValue x = image(node, graph);
    return graph.apply(new MaxPool(pool(node, x)), x);
  }

  static Operand averagePool(OnnxNode node, GraphTranslation graph) {
    GraphValue x = image(node, graph);
    boolean countsPadding = node.flag("count_include_pad", false);
    return graph.apply(new AveragePool(pool(node, x), countsPadding), x);
  }

  private static Window pool(OnnxNode node, GraphValue x) {
    long[] kernel = node.integers("kernel_shape");
    if (kernel == null || kernel.length != x.rank() - 2) {
      throw new IllegalArgumentException(
          "needs a kernel_shape with %d numbers".formatted(x.rank() - 2));
    }
    return window(node, x, small(kernel, "kernel_shape"), node.flag("ceil_mode", false));
  }

  private static Window window(OnnxNode node, GraphValue x, int[] kernel, boolean roundsUp) {
    int axes = kernel.length;
    int[] stride = perAxis(node, "strides", axes);
    int[] dilation = perAxis(node, "dilations", axes);
    int[] before = new int[axes];
    int[] after = new int[axes];
    String automatic = node.text("auto_pad", "NOTSET");
    long[] pads = node.integers("pads");
    if (automatic.startsWith("SAME_")) {
      boolean upper = requireSame(automatic);
      for (int a = 0; a < axes; a++) {
        int extent = x.shape().extent(1 + a);
        long outputs = (extent + stride[a] - 1L) / Math.max(1, stride[a]);
        long covered = (outputs - 1) * stride[a] + (kernel[a] - 1L) * dilation[a] + 1;
        int missing = (int) Math.max(0, Math.min(Integer.MAX_VALUE, covered - extent));
        before[a] = upper ? missing / 2 : missing - missing / 2;
        after[a] = missing - before[a];
      }
      return Window.of(kernel, stride, before, after, dilation, false);
    }
    if (!automatic.equals("NOTSET") && !automatic.equals("VALID")) {
      throw new IllegalArgumentException("has the unknown auto_pad '%s'".formatted(automatic));
    }
    if (pads != null && automatic.equals("NOTSET")) {
      if (pads.length != 2 * axes) {
        throw new IllegalArgumentException("needs two pads for each of %d axes".formatted(axes));
      }
      int[] both = small(pads, "pads");
      before = Arrays.copyOf(both, axes);
      after = Arrays.copyOfRange(both, axes, 2 * axes);
    }
    return Window.of(kernel, stride, before, after, dilation, roundsUp);
  }

  private static boolean requireSame(String automatic) {
    if (!automatic.equals("SAME_UPPER") && !automatic.equals("SAME_LOWER")) {
      throw new IllegalArgumentException("has the unknown auto_pad '%s'".formatted(automatic));
    }
    return automatic.equals("SAME_UPPER");
  }

  private static int[] perAxis(OnnxNode node, String name, int axes) {
    long[] found = node.integers(name);
    if (found == null) {
      return IntStream.generate(() -> 1).limit(axes).toArray();
    }
    if (found.length != axes || Arrays.stream(found).anyMatch(number -> number < 1)) {
      throw new IllegalArgumentException(
          "needs %d positive numbers as '%s', found %s"
              .formatted(axes, name, Arrays.toString(found)));
    }
    return small(found, name);
  }

  private static int[] small(long[] numbers, String what) {
    if (Arrays.stream(numbers).anyMatch(number -> Math.abs(number) > Integer.MAX_VALUE)) {
      throw new IllegalArgumentException("has the %s %s".formatted(what, Arrays.toString(numbers)));
    }
    return Arrays.stream(numbers).mapToInt(number -> (int) number).toArray();
  }

  private static int positive(long number, String what) {
    if (number < 1 || number > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("has the %s %d".formatted(what, number));
    }
    return (int) number;
  }
}
