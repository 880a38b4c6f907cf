package org.samplegrad.core.models.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.layers.Arithmetic;
import org.samplegrad.core.layers.Pad;
import org.samplegrad.core.layers.Slice;
import org.samplegrad.core.layers.Take;
import org.samplegrad.core.models.onnx.StaticArrangements.Range;

/**
 * Operators that take parts of an axis out, or put others beside it; never of that of the samples.
 */
final class SliceNodes {
  /** Elements of an axis that are put beside it. */
  private static final int MOST_PADDED = 1 << 16;

  private SliceNodes() {}

  static Operand slice(OnnxNode node, GraphTranslation graph) {
    long[] starts = node.attributeOrInput("starts", 1, "starts");
    long[] ends = node.attributeOrInput("ends", 2, "ends");
    long[] axes = node.attributeOrInput("axes", 3, "axes");
    long[] steps = node.has(4) ? node.integers(4, "steps") : null;
    if (starts == null || ends == null || starts.length != ends.length) {
      throw new IllegalArgumentException("needs as many starts as ends");
    }
    if (axes != null && axes.length != starts.length
        || steps != null && steps.length != starts.length) {
      throw new IllegalArgumentException("needs as many axes and steps as starts");
    }
    Operand result =
        graph.isKnown(node.operand(0)) ? graph.known(node.operand(0)) : node.operand(0);
    for (int i = 0; i < starts.length; i++) {
      long axis = axes == null ? i : axes[i];
      long step = steps == null ? 1 : steps[i];
      result = slice(result, axis, starts[i], ends[i], step, graph);
    }
    return result;
  }

  private static Operand slice(
      Operand operand, long axis, long start, long end, long step, GraphTranslation graph) {
    if (operand instanceof StaticTensor constant) {
      int position = StaticArrangements.axis(axis, constant.shape().rank());
      Range range = Range.of(start, end, step, constant.shape().extent(position));
      return StaticArrangements.slice(constant, position, range);
    }
    GraphValue value = graph.valueAnywhere(operand);
    boolean ofSamples = StaticArrangements.axis(axis, value.rank()) == value.samplesAxis();
    if (ofSamples && start == 0 && end >= Integer.MAX_VALUE && step == 1) {
      return value; // all of them
    }
    int position = value.sampleAxis(axis, "slices");
    return slice(
        value, position, Range.of(start, end, step, value.shape().extent(position)), graph);
  }

  private static GraphValue slice(GraphValue value, int axis, Range range, GraphTranslation graph) {
    if (range.count() == 0) {
      throw new IllegalArgumentException(
          "slices to nothing the axis %d of samples of the shape %s"
              .formatted(axis, value.shape()));
    }
    if (range.step() < 0) {
      return take(value, axis, range.positions(), graph);
    }
    int extent = value.shape().extent(axis);
    if (range.step() == 1) {
      boolean all = range.count() == extent;
      int to = range.from() + range.count();
      return all ? value : graph.apply(new Slice(axis, range.from(), to), value);
    }
    return strided(value, axis, range, graph);
  }

  /** {@code [..., count * step, ...] -> [..., count, step, ...]}, and the first of every step. */
  private static GraphValue strided(
      GraphValue value, int axis, Range range, GraphTranslation graph) {
    int extent = value.shape().extent(axis);
    long wanted = range.from() + (long) range.count() * range.step();
    int to = (int) Math.min(extent, wanted);
    GraphValue part = slice(value, axis, new Range(range.from(), to - range.from(), 1), graph);
    if (wanted > to) {
      part = graph.apply(new Pad(axis, 0, Math.toIntExact(wanted - to)), part);
    }
    int[] extents = part.shape().extents();
    int[] split = new int[extents.length + 1];
    System.arraycopy(extents, 0, split, 0, axis);
    System.arraycopy(extents, axis, split, axis + 1, extents.length - axis);
    split[axis] = range.count();
    split[axis + 1] = range.step();
    GraphValue first = graph.apply(new Slice(axis + 1, 0, 1), graph.reshape(part, Shape.of(split)));
    extents[axis] = range.count();
    return graph.reshape(first, Shape.of(extents));
  }

  static Operand[] split(OnnxNode node, GraphTranslation graph) {
    long axis = node.integer("axis", 0);
    int extent = extent(node.operand(0), axis, graph);
    long[] sizes = node.attributeOrInput("split", 1, "sizes");
    int parts = node.outputCount();
    if (node.integer("num_outputs", parts) != parts) {
      throw new IllegalArgumentException(
          "has %d results, and should have %d"
              .formatted(parts, node.integer("num_outputs", parts)));
    }
    if (sizes == null) {
      sizes = chunks(extent, (extent + parts - 1L) / Math.max(1, parts), parts);
    }
    if (sizes.length != parts) {
      throw new IllegalArgumentException(
          "splits an axis of extent %d into %s for %d results"
              .formatted(extent, Arrays.toString(sizes), parts));
    }
    return split(node.operand(0), axis, sizes, graph).toArray(Operand[]::new);
  }

  /** The extent of an axis that is not that of the samples. */
  static int extent(Operand operand, long axis, GraphTranslation graph) {
    if (operand instanceof StaticTensor constant) {
      return constant.shape().extent(StaticArrangements.axis(axis, constant.shape().rank()));
    }
    GraphValue value = graph.valueAnywhere(operand);
    return value.shape().extent(value.sampleAxis(axis, "splits"));
  }

  /** Sizes that add up to an extent, all the same but for the last, which may be smaller. */
  static long[] chunks(int extent, long each, int most) {
    if (each < 1 || (extent - 1L) / each >= most) {
      throw new IllegalArgumentException(
          "splits an axis of extent %d into parts of %d; 1 to %d parts are taken"
              .formatted(extent, each, most));
    }
    return LongStream.iterate(0, from -> from < extent, from -> from + each)
        .map(from -> Math.min(each, extent - from))
        .toArray();
  }

  static List<Operand> split(Operand operand, long axis, long[] sizes, GraphTranslation graph) {
    int extent = extent(operand, axis, graph);
    long total = 0;
    for (long size : sizes) {
      total = Math.addExact(total, size);
    }
    if (total != extent || Arrays.stream(sizes).anyMatch(size -> size < 1)) {
      throw new IllegalArgumentException(
          "splits an axis of extent %d into %s".formatted(extent, Arrays.toString(sizes)));
    }
    Operand whole = operand instanceof StaticTensor ? operand : graph.valueAnywhere(operand);
    List<Operand> parts = new ArrayList<>();
    long from = 0;
    for (long size : sizes) {
      parts.add(slice(whole, axis, from, from + size, 1, graph));
      from += size;
    }
    return parts;
  }

  static Operand gather(OnnxNode node, GraphTranslation graph) {
    long axis = node.integer("axis", 0);
    return gather(node.operand(0), axis, node.constant(1, "indices"), graph);
  }

  /** By indices of the first axis. */
  static Operand gatherSlices(OnnxNode node, GraphTranslation graph) {
    StaticTensor indices = node.constant(1, "indices");
    int rank = indices.shape().rank();
    if (node.integer("batch_dims", 0) != 0 || rank == 0 || indices.shape().extent(-1) != 1) {
      throw new IllegalArgumentException(
          "takes slices of samples by indices of the shape %s; supported are those of the first axis, [..., 1]"
              .formatted(indices.shape()));
    }
    Shape shape = Shape.of(Arrays.copyOf(indices.shape().extents(), rank - 1));
    return gather(node.operand(0), 0, StaticArrangements.reshape(indices, shape), graph);
  }

  private static Operand gather(
      Operand operand, long axis, StaticTensor indices, GraphTranslation graph) {
    if (graph.isKnown(operand)) {
      StaticTensor constant = graph.known(operand);
      int position = StaticArrangements.axis(axis, constant.shape().rank());
      int[] positions = positions(indices, constant.shape().extent(position));
      return StaticArrangements.take(constant, position, indices.shape(), positions);
    }
    GraphValue value = graph.valueAnywhere(operand);
    int position = value.sampleAxis(axis, "gathers along");
    int[] positions = positions(indices, value.shape().extent(position));
    GraphValue taken = take(value, position, positions, graph);
    int[] extents = value.shape().extents();
    IntStream first = IntStream.of(extents).limit(position);
    IntStream last = IntStream.of(extents).skip(position + 1L);
    IntStream inside = IntStream.of(indices.shape().extents());
    int[] result = IntStream.concat(first, IntStream.concat(inside, last)).toArray();
    boolean before = StaticArrangements.axis(axis, value.rank()) < value.samplesAxis();
    GraphValue reshaped = graph.reshape(taken, Shape.of(result));
    return before ? reshaped.with(value.layout().moved(indices.shape().rank() - 1)) : reshaped;
  }

  private static GraphValue take(
      GraphValue value, int axis, int[] positions, GraphTranslation graph) {
    if (positions.length == 0) {
      throw new IllegalArgumentException(
          "takes nothing along the axis %d of samples of the shape %s"
              .formatted(axis, value.shape()));
    }
    boolean consecutive =
        IntStream.range(1, positions.length).allMatch(i -> positions[i] == positions[0] + i);
    if (consecutive) {
      return slice(value, axis, new Range(positions[0], positions.length, 1), graph);
    }
    graph.countTaken(positions.length);
    return graph.apply(new Take(axis, IntStream.of(positions).boxed().toList()), value);
  }

  /** Side by side along each axis; a value for all samples also once for each of them. */
  static Operand tile(OnnxNode node, GraphTranslation graph) {
    long[] repeats = node.integers(1, "repeats");
    GraphValue value = graph.valueAnywhere(node.operand(0));
    if (repeats.length != value.rank()) {
      throw new IllegalArgumentException(
          "repeats %d axes of a value with %d".formatted(repeats.length, value.rank()));
    }
    boolean forSamples = !value.batched() && repeats.length > 0 && repeats[0] == StaticTensor.BATCH;
    if (forSamples && value.shape().extent(0) == 1) {
      repeats[0] = 1;
    }
    for (int axis = 0; axis < repeats.length; axis++) {
      if (repeats[axis] == 1) {
        continue;
      }
      int position = value.sampleAxis(axis, "repeats");
      int extent = value.shape().extent(position);
      long count = Math.multiplyExact(repeats[axis], extent);
      if (count < 1 || count > StaticTensor.MOST_EVALUATED) {
        throw new IllegalArgumentException(
            "repeats an axis of extent %d %s times"
                .formatted(extent, SampleCount.isIn(repeats[axis]) ? "n" : repeats[axis]));
      }
      value =
          take(
              value,
              position,
              IntStream.range(0, (int) count).map(i -> i % extent).toArray(),
              graph);
    }
    if (forSamples) {
      GraphValue one = graph.reshape(value, value.shape().dropFirst());
      return one.with(SampleLayout.FIRST);
    }
    return value;
  }

  private static int[] positions(StaticTensor indices, int extent) {
    return Arrays.stream(indices.integers())
        .mapToInt(index -> StaticArrangements.axis(index, extent))
        .toArray();
  }

  static Operand pad(OnnxNode node, GraphTranslation graph) {
    String mode = node.text("mode", "constant");
    long[] pads = node.attributeOrInput("pads", 1, "pads");
    double fill = node.has(2) ? node.constant(2, "value").number("value") : node.real("value", 0);
    GraphValue value = graph.value(node.operand(0));
    int rank = value.rank();
    int[] axes = IntStream.range(0, rank).toArray();
    if (node.has(3)) {
      long[] named = node.integers(3, "axes");
      axes = Arrays.stream(named).mapToInt(axis -> StaticArrangements.axis(axis, rank)).toArray();
    }
    if (pads == null || pads.length != 2 * axes.length) {
      throw new IllegalArgumentException("needs two paddings for each axis");
    }
    for (int i = 0; i < axes.length; i++) {
      long before = pads[i];
      long after = pads[axes.length + i];
      if (before == 0 && after == 0) {
        continue;
      }
      int axis = value.sampleAxis(axes[i], "pads");
      value =
          mode.equals("constant")
              ? padded(value, axis, before, after, fill, graph)
              : continued(value, axis, before, after, mode, graph);
    }
    return value;
  }

  /** Padding by elements of the axis itself. */
  private static GraphValue continued(
      GraphValue value, int axis, long before, long after, String mode, GraphTranslation graph) {
    int extent = value.shape().extent(axis);
    int last = extent - 1;
    IntUnaryOperator source =
        switch (mode) {
          case "reflect" -> place -> place < 0 ? -place : 2 * last - place;
          case "edge" -> place -> place < 0 ? 0 : last;
          case "wrap" -> place -> Math.floorMod(place, extent);
          default ->
              throw new IllegalArgumentException(
                  "pads in the mode '%s'; constant, reflect, edge and wrap are supported"
                      .formatted(mode));
        };
    long most = mode.equals("reflect") ? last : MOST_PADDED;
    if (Math.min(before, after) < 0 || Math.max(before, after) > most) {
      throw new IllegalArgumentException(
          "pads an axis of extent %d by %d and %d; in the mode '%s' 0 to %d are supported"
              .formatted(extent, before, after, mode, most));
    }
    int[] positions =
        IntStream.range((int) -before, extent + (int) after)
            .map(place -> place >= 0 && place < extent ? place : source.applyAsInt(place))
            .toArray();
    return take(value, axis, positions, graph);
  }

  /** Negative padding takes away, as in PyTorch. */
  private static GraphValue padded(
      GraphValue value, int axis, long before, long after, double fill, GraphTranslation graph) {
    int extent = value.shape().extent(axis);
    Range kept = Range.of(Math.max(0, -before), extent - Math.max(0, -after), 1, extent);
    GraphValue cut = slice(value, axis, kept, graph);
    long longest = Integer.MAX_VALUE;
    int added = (int) Math.min(longest, Math.max(0, before));
    int addedAfter = (int) Math.min(longest, Math.max(0, after));
    if (added == 0 && addedAfter == 0) {
      return cut;
    }
    if (fill == 0) {
      return graph.apply(new Pad(axis, added, addedAfter), cut);
    }
    GraphValue number = graph.constant(fill);
    GraphValue less = graph.combine(Arithmetic.SUBTRACT, cut, number);
    return graph.combine(
        Arithmetic.ADD, graph.apply(new Pad(axis, added, addedAfter), less), number);
  }
}
