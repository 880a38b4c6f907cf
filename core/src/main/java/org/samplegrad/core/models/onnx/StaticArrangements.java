package org.samplegrad.core.models.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntUnaryOperator;
import org.samplegrad.core.backend.Shape;

/** Tensors known without a sample, rearranged as ONNX defines it. */
final class StaticArrangements {
  private StaticArrangements() {}

  /**
   * A part of an axis.
   *
   * @param from the first position
   * @param count how many positions
   * @param step from one to the next, not 0
   */
  record Range(int from, int count, int step) {

    /** As Slice defines it: negative positions count from the end, those beyond it mean the end. */
    static Range of(long start, long end, long step, int extent) {
      if (step == 0) {
        throw new IllegalArgumentException("slices with a step of 0");
      }
      long lowest = step > 0 ? 0 : -1;
      long highest = step > 0 ? extent : extent - 1L;
      long from = within(start, lowest, highest, extent);
      long to = within(end, lowest, highest, extent);
      long span = step > 0 ? to - from : from - to;
      long stride = Math.abs(Math.max(step, -Long.MAX_VALUE));
      long count = span <= 0 ? 0 : (span - 1) / stride + 1;
      int small = (int) Math.max(-Integer.MAX_VALUE, Math.min(Integer.MAX_VALUE, step));
      return new Range((int) from, (int) count, small);
    }

    int[] positions() {
      int[] positions = new int[count];
      Arrays.setAll(positions, i -> from + i * step);
      return positions;
    }

    private static long within(long position, long lowest, long highest, int extent) {
      long counted = position < 0 && position > Long.MIN_VALUE / 2 ? position + extent : position;
      return Math.max(lowest, Math.min(highest, counted));
    }
  }

  static StaticTensor reshape(StaticTensor x, Shape shape) {
    return x.arrange(shape, IntUnaryOperator.identity());
  }

  static StaticTensor transpose(StaticTensor x, int[] axes) {
    int[] strides = strides(x.shape());
    int[] extents = Arrays.stream(axes).map(x.shape()::extent).toArray();
    int[] permuted = Arrays.stream(axes).map(axis -> strides[axis]).toArray();
    Shape shape = Shape.of(extents);
    return x.arrange(shape, StaticTensor.stridedPositions(shape, permuted));
  }

  static StaticTensor slice(StaticTensor x, int axis, Range range) {
    return take(x, axis, Shape.of(range.count()), range.positions());
  }

  /** The given positions of an axis, which is replaced by the axes of {@code shape}. */
  static StaticTensor take(StaticTensor x, int axis, Shape shape, int[] positions) {
    List<Integer> extents = new ArrayList<>();
    for (int before = 0; before < axis; before++) {
      extents.add(x.shape().extent(before));
    }
    Arrays.stream(shape.extents()).forEach(extents::add);
    int inner = 1;
    for (int after = axis + 1; after < x.shape().rank(); after++) {
      extents.add(x.shape().extent(after));
      inner *= x.shape().extent(after);
    }
    int size = inner;
    int extent = x.shape().extent(axis);
    Shape result = Shape.of(extents.stream().mapToInt(Integer::intValue).toArray());
    return x.arrange(
        result,
        i -> {
          int outer = i / size / positions.length;
          return (outer * extent + positions[i / size % positions.length]) * size + i % size;
        });
  }

  static StaticTensor expand(StaticTensor x, Shape shape) {
    Shape result = Shape.broadcast(x.shape(), shape);
    return x.arrange(result, StaticTensor.broadcastPositions(x.shape(), result));
  }

  static StaticTensor concatenate(List<StaticTensor> parts, int axis) {
    Shape first = parts.get(0).shape();
    int total = 0;
    for (StaticTensor part : parts) {
      if (part.shape().rank() != first.rank()) {
        throw new IllegalArgumentException(
            "concatenates the shapes %s and %s".formatted(first, part.shape()));
      }
      total = Math.addExact(total, part.shape().extent(axis));
    }
    int[] extents = first.extents();
    extents[axis] = total;
    Shape shape = Shape.of(extents);
    StaticTensor.requireFew(shape);
    boolean integers = parts.stream().allMatch(StaticTensor::isInteger);
    long[] ofIntegers = new long[integers ? shape.size() : 0];
    double[] ofReals = new double[integers ? 0 : shape.size()];
    int inner = 1;
    for (int after = axis + 1; after < first.rank(); after++) {
      inner *= first.extent(after);
    }
    int offset = 0;
    for (StaticTensor part : parts) {
      int row = part.shape().extent(axis) * inner;
      requireLike(first, part.shape(), axis);
      for (int i = 0; i < part.shape().size(); i++) {
        int position = i / row * total * inner + offset + i % row;
        if (integers) {
          ofIntegers[position] = part.integer(i);
        } else {
          ofReals[position] = part.real(i);
        }
      }
      offset += row;
    }
    boolean batch = parts.stream().anyMatch(StaticTensor::dependsOnBatch);
    if (!integers && batch) {
      throw new IllegalArgumentException("concatenates numbers that depend on the samples");
    }
    return integers
        ? StaticTensor.ofIntegers(shape, ofIntegers)
        : StaticTensor.ofReals(shape, ofReals);
  }

  private static void requireLike(Shape first, Shape other, int axis) {
    int[] extents = other.extents();
    extents[axis] = first.extent(axis);
    if (!Shape.of(extents).equals(first)) {
      throw new IllegalArgumentException(
          "concatenates the shapes %s and %s".formatted(first, other));
    }
  }

  private static int[] strides(Shape shape) {
    int[] strides = new int[shape.rank()];
    int stride = 1;
    for (int axis = shape.rank() - 1; axis >= 0; axis--) {
      strides[axis] = stride;
      stride *= shape.extent(axis);
    }
    return strides;
  }

  /**
   * An axis counted from the first.
   *
   * @throws IllegalArgumentException if there is no such axis
   */
  static int axis(long axis, int rank) {
    long position = axis < 0 ? axis + rank : axis;
    if (position < 0 || position >= rank) {
      throw new IllegalArgumentException(
          "names the axis %d of a value with %d axes".formatted(axis, rank));
    }
    return (int) position;
  }
}
