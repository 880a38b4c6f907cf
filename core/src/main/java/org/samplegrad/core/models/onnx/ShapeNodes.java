package org.samplegrad.core.models.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.layers.Arithmetic;
import org.samplegrad.core.layers.Concatenation;
import org.samplegrad.core.layers.Permute;

/** Operators that arrange numbers anew. None may move the samples from the first axis. */
final class ShapeNodes {
  private static final String TO_THE_SAMPLES =
      "%s would mix samples, so they have no gradients of their own; keep the first axis for them alone";

  private static final Set<TensorProto.DataType> REAL_TYPES =
      EnumSet.of(
          TensorProto.DataType.FLOAT,
          TensorProto.DataType.DOUBLE,
          TensorProto.DataType.FLOAT16,
          TensorProto.DataType.BFLOAT16);
  private static final Set<TensorProto.DataType> INTEGER_TYPES =
      EnumSet.of(TensorProto.DataType.INT64, TensorProto.DataType.INT32, TensorProto.DataType.BOOL);

  private ShapeNodes() {}

  static Operand identity(OnnxNode node, GraphTranslation graph) {
    return node.operand(0);
  }

  /** Nothing is dropped when a model is evaluated; one exported in training mode is refused. */
  static Operand[] dropout(OnnxNode node, GraphTranslation graph) {
    node.ignore("ratio", "seed");
    node.requireOneOutput(
        "a dropout with a mask is in training mode; export the model after model.eval()");
    if (node.has(2) && node.constant(2, "training mode").number("training mode") != 0) {
      throw new IllegalArgumentException(
          "is in training mode, where the result is random; export the model after model.eval()");
    }
    return new Operand[] {node.operand(0)};
  }

  static Operand cast(OnnxNode node, GraphTranslation graph) {
    node.ignore("saturate", "round_mode");
    TensorProto.DataType type = TensorProto.DataType.forNumber((int) node.integer("to", 0));
    Operand operand = node.operand(0);
    boolean real = type != null && REAL_TYPES.contains(type);
    if (operand instanceof StaticTensor constant && (real || INTEGER_TYPES.contains(type))) {
      return real
          ? constant.toReals()
          : type == TensorProto.DataType.BOOL ? constant.toTruths() : constant.toIntegers();
    }
    boolean truth = INTEGER_TYPES.contains(type) && graph.isTruth(operand);
    if (!real && !truth) {
      throw new IllegalArgumentException(
          "casts to %s; floating-point numbers stay what they are, and only constants can become integers"
              .formatted(type));
    }
    return operand;
  }

  static Operand castLike(OnnxNode node, GraphTranslation graph) {
    node.ignore("saturate", "round_mode");
    Operand like = node.operand(1);
    if (node.operand(0) instanceof StaticTensor constant) {
      boolean integer = like instanceof StaticTensor other && other.isInteger();
      return integer ? constant.toIntegers() : constant.toReals();
    }
    return node.operand(0);
  }

  static Shape staticShape(long[] extents) {
    for (long extent : extents) {
      if (extent > Integer.MAX_VALUE) {
        throw new IllegalArgumentException(
            TO_THE_SAMPLES.formatted("a shape that holds their number"));
      }
      if (extent < 0) {
        throw new IllegalArgumentException("has a shape with the extent " + extent);
      }
    }
    return Shape.of(Arrays.stream(extents).mapToInt(Math::toIntExact).toArray());
  }

  /** The shape in the file, with {@link StaticTensor#BATCH} for the number of samples. */
  static Operand shape(OnnxNode node, GraphTranslation graph) {
    long[] extents = extents(node.operand(0));
    int from = bound(node.integer("start", 0), extents.length);
    int to = bound(node.integer("end", extents.length), extents.length);
    return StaticTensor.vector(Arrays.copyOfRange(extents, from, Math.max(from, to)));
  }

  private static int bound(long position, int length) {
    long counted = position < 0 ? position + length : position;
    return (int) Math.max(0, Math.min(length, counted));
  }

  /** In the file, with {@link StaticTensor#BATCH} for the number of samples. */
  static long[] extents(Operand operand) {
    return operand instanceof GraphValue value && value.batched()
        ? value.layout().extents(value.shape())
        : Arrays.stream(operand.shape().extents()).asLongStream().toArray();
  }

  static Operand size(OnnxNode node, GraphTranslation graph) {
    long size = Arrays.stream(extents(node.operand(0))).reduce(1, Math::multiplyExact);
    return StaticTensor.ofIntegers(Shape.scalar(), size);
  }

  static Operand reshape(OnnxNode node, GraphTranslation graph) {
    boolean allowZero = node.flag("allowzero", false);
    long[] target = node.integers(1, "shape");
    Operand operand = node.operand(0);
    long[] found = extents(operand);
    for (int axis = 0; axis < target.length; axis++) {
      if (target[axis] == 0 && !allowZero) {
        if (axis >= found.length) {
          throw new IllegalArgumentException(
              "keeps the axis %d of an input with %d axes".formatted(axis, found.length));
        }
        target[axis] = found[axis];
      }
    }
    if (operand instanceof GraphValue value && value.batched()) {
      return ofEachSample(value, target, graph);
    }
    Shape shape = withRemainder(target, operand.shape().size());
    if (operand instanceof StaticTensor constant) {
      requireSize(shape, constant.shape());
      return StaticArrangements.reshape(constant, shape);
    }
    if (operand instanceof StoredTensor stored && !stored.transposed()) {
      requireSize(shape, stored.shape());
      return stored.reshape(shape);
    }
    return graph.reshape(graph.value(operand), shape);
  }

  private static void requireSize(Shape shape, Shape found) {
    if (shape.size() != found.size()) {
      throw new IllegalArgumentException("reshapes %s to %s".formatted(found, shape));
    }
  }

  /** What a reshape makes of samples, if it keeps them apart. */
  private static GraphValue ofEachSample(GraphValue value, long[] target, GraphTranslation graph) {
    if (!value.isMoved() && target.length > 0 && isFirst(target[0], graph.fixedBatch())) {
      long[] rest = Arrays.copyOfRange(target, 1, target.length);
      if (fits(rest, value.shape().size())) {
        return graph.reshape(value, withRemainder(rest, value.shape().size()));
      }
    }
    SampleLayout.Reshaped reshaped =
        value.layout().reshape(value.shape(), target, graph.fixedBatch());
    if (reshaped == null) {
      throw new IllegalArgumentException(
          TO_THE_SAMPLES.formatted(
              "a reshape from %s to %s".formatted(text(extents(value)), text(target))));
    }
    return graph.reshape(value, reshaped.sample()).with(reshaped.layout());
  }

  /** Whether an extent is that of the samples alone. */
  private static boolean isFirst(long extent, long fixedBatch) {
    return extent == StaticTensor.BATCH || extent == fixedBatch;
  }

  /** Whether numbers fill a shape in which one extent may be open. */
  private static boolean fits(long[] extents, long size) {
    long known = 1;
    int open = 0;
    for (long extent : extents) {
      if (extent < -1 || extent > Integer.MAX_VALUE) {
        return false;
      }
      open += extent == -1 ? 1 : 0;
      known = extent == -1 ? known : Math.multiplyExact(known, extent);
    }
    return open == 0 ? known == size : open == 1 && known > 0 && size % known == 0;
  }

  static String text(long[] extents) {
    return Arrays.stream(extents)
        .mapToObj(
            extent ->
                !SampleCount.isIn(extent)
                    ? Long.toString(extent)
                    : extent == StaticTensor.BATCH ? "n" : extent / StaticTensor.BATCH + " n")
        .toList()
        .toString();
  }

  /** A shape where one -1 stands for what remains. */
  private static Shape withRemainder(long[] target, long size) {
    long known = 1;
    int open = -1;
    for (int axis = 0; axis < target.length; axis++) {
      if (target[axis] == -1 && open < 0) {
        open = axis;
      } else if (target[axis] < 0 || target[axis] > Integer.MAX_VALUE) {
        throw new IllegalArgumentException("reshapes to " + text(target));
      } else {
        known = Math.multiplyExact(known, target[axis]);
      }
    }
    if (open >= 0) {
      if (known == 0 || size % known != 0) {
        throw new IllegalArgumentException(
            "reshapes %d numbers to %s".formatted(size, text(target)));
      }
      target[open] = size / known;
    }
    return Shape.of(Arrays.stream(target).mapToInt(Math::toIntExact).toArray());
  }

  static Operand flatten(OnnxNode node, GraphTranslation graph) {
    GraphValue value = graph.value(node.operand(0));
    long axis = node.integer("axis", 1);
    long position = axis < 0 ? axis + value.rank() : axis;
    if (value.batched() ? position != 1 : position < 0 || position > value.rank()) {
      throw new IllegalArgumentException(
          TO_THE_SAMPLES.formatted("flattening from the axis " + axis + " on"));
    }
    if (value.batched()) {
      return graph.reshape(value, Shape.of(value.shape().size()));
    }
    int rows = 1;
    for (int before = 0; before < position; before++) {
      rows *= value.shape().extent(before);
    }
    return graph.reshape(value, Shape.of(rows, rows == 0 ? 0 : value.shape().size() / rows));
  }

  static Operand transpose(OnnxNode node, GraphTranslation graph) {
    Operand operand = node.operand(0);
    int rank = extents(operand).length;
    long[] permutation = node.integers("perm");
    if (permutation == null) {
      permutation = IntStream.range(0, rank).mapToLong(axis -> rank - 1L - axis).toArray();
    }
    int[] axes =
        Arrays.stream(permutation).mapToInt(axis -> StaticArrangements.axis(axis, rank)).toArray();
    if (axes.length != rank || Arrays.stream(axes).distinct().count() < rank) {
      throw new IllegalArgumentException(
          "transposes %d axes by %s".formatted(rank, Arrays.toString(axes)));
    }
    if (operand instanceof StaticTensor constant) {
      return StaticArrangements.transpose(constant, axes);
    }
    if (operand instanceof StoredTensor stored && rank == 2) {
      return axes[0] == 0 ? stored : stored.transpose();
    }
    GraphValue value = graph.valueAnywhere(operand);
    if (!value.batched()) {
      return graph.apply(new Permute(Arrays.stream(axes).boxed().toList()), value);
    }
    List<Integer> ofSample = value.layout().permutation(axes);
    return graph.apply(new Permute(ofSample), value).with(value.layout().permuted(axes));
  }

  static Operand squeeze(OnnxNode node, GraphTranslation graph) {
    return squeeze(node.operand(0), node.attributeOrInput("axes", 1, "axes"), graph);
  }

  /**
   * @param axes null for all of extent 1
   */
  static Operand squeeze(Operand operand, long[] axes, GraphTranslation graph) {
    long[] extents = extents(operand);
    boolean[] dropped = new boolean[extents.length];
    if (axes == null) {
      for (int axis = 0; axis < extents.length; axis++) {
        dropped[axis] = extents[axis] == 1;
      }
    } else {
      for (long axis : axes) {
        dropped[StaticArrangements.axis(axis, extents.length)] = true;
      }
    }
    List<Integer> kept = new ArrayList<>();
    for (int axis = 0; axis < extents.length; axis++) {
      if (!dropped[axis]) {
        kept.add(axis);
      } else if (extents[axis] == StaticTensor.BATCH) {
        throw new IllegalArgumentException(TO_THE_SAMPLES.formatted("squeezing their axis"));
      } else if (extents[axis] != 1) {
        throw new IllegalArgumentException(
            "squeezes the axis %d of extent %d".formatted(axis, extents[axis]));
      }
    }
    return reshaped(operand, kept.stream().mapToLong(axis -> extents[axis]).toArray(), graph);
  }

  static Operand unsqueeze(OnnxNode node, GraphTranslation graph) {
    long[] axes = node.attributeOrInput("axes", 1, "axes");
    if (axes == null) {
      throw new IllegalArgumentException("lacks its axes");
    }
    return unsqueeze(node.operand(0), axes, graph);
  }

  static Operand unsqueeze(Operand operand, long[] axes, GraphTranslation graph) {
    long[] extents = extents(operand);
    int rank = extents.length + axes.length;
    boolean[] added = new boolean[rank];
    for (long axis : axes) {
      added[StaticArrangements.axis(axis, rank)] = true;
    }
    long[] result = new long[rank];
    int next = 0;
    for (int axis = 0; axis < rank; axis++) {
      if (added[axis]) {
        result[axis] = 1;
      } else if (next == extents.length) {
        throw new IllegalArgumentException("adds one axis twice");
      } else {
        result[axis] = extents[next++];
      }
    }
    return reshaped(operand, result, graph);
  }

  /** The same elements in another shape, the samples still first. */
  private static Operand reshaped(Operand operand, long[] extents, GraphTranslation graph) {
    if (operand instanceof GraphValue value && value.batched()) {
      return ofEachSample(value, extents, graph);
    }
    Shape shape = staticShape(extents);
    if (operand instanceof StaticTensor constant) {
      return StaticArrangements.reshape(constant, shape);
    }
    if (operand instanceof StoredTensor stored && !stored.transposed()) {
      return stored.reshape(shape);
    }
    return graph.reshape(graph.value(operand), shape);
  }

  static Operand expand(OnnxNode node, GraphTranslation graph) {
    long[] target = node.integers(1, "shape");
    boolean toSamples = target.length > 0 && target[0] == StaticTensor.BATCH;
    if (graph.isKnown(node.operand(0)) && !toSamples) {
      return StaticArrangements.expand(graph.known(node.operand(0)), staticShape(target));
    }
    GraphValue value = graph.value(node.operand(0));
    boolean whole = toSamples || value.batched() && target.length == value.rank();
    boolean kept =
        toSamples || target.length == 0 || target[0] == 1 || target[0] == graph.fixedBatch();
    if (value.batched() && (target.length > value.rank() || whole && !kept)) {
      throw new IllegalArgumentException(TO_THE_SAMPLES.formatted("expanding to " + text(target)));
    }
    Shape shape = staticShape(whole ? Arrays.copyOfRange(target, 1, target.length) : target);
    if (toSamples && !value.batched() && value.rank() > shape.rank()) {
      requireSize(value.shape().dropFirst(), value.shape());
      value = graph.reshape(value, value.shape().dropFirst());
    }
    StaticTensor zeros = StaticArrangements.expand(StaticTensor.ofReals(Shape.scalar(), 0), shape);
    GraphValue expanded = graph.combine(Arithmetic.ADD, value, graph.constant(zeros));
    return toSamples ? new GraphValue(expanded.node(), expanded.shape(), true) : expanded;
  }

  static Operand concat(OnnxNode node, GraphTranslation graph) {
    List<Operand> operands = new ArrayList<>();
    for (int i = 0; i < node.operandCount(); i++) {
      operands.add(node.operand(i));
    }
    return concat(operands, node.integer("axis", 0), graph);
  }

  static Operand concat(List<Operand> operands, long axis, GraphTranslation graph) {
    if (operands.stream().allMatch(graph::isKnown)) {
      List<StaticTensor> constants = operands.stream().map(graph::known).toList();
      int position = StaticArrangements.axis(axis, constants.get(0).shape().rank());
      return StaticArrangements.concatenate(constants, position);
    }
    List<GraphValue> values = operands.stream().map(graph::valueAnywhere).toList();
    GraphValue like = values.stream().filter(GraphValue::batched).findFirst().orElse(values.get(0));
    int position = like.sampleAxis(axis, "concatenates along");
    List<GraphValue> aligned =
        values.stream().map(value -> graph.aligned(value, like, like.rank())).toList();
    return graph.combineAll(new Concatenation(position), aligned);
  }
}
