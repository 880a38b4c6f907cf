package org.samplegrad.core.models.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.IntUnaryOperator;
import java.util.function.LongBinaryOperator;
import org.samplegrad.core.backend.Shape;

/** Elements taken from, or put into, tensors at positions that others give, as ONNX defines it. */
final class StaticSelections {
  private StaticSelections() {}

  /** A tensor several times along each axis. */
  static StaticTensor tile(OnnxNode node) {
    StaticTensor x = node.known(0);
    Shape shape = tiled(x.shape(), node.integers(1, "repeats"));
    int[] strides = new int[shape.rank()];
    int stride = 1;
    for (int axis = shape.rank() - 1; axis >= 0; axis--) {
      strides[axis] = stride;
      stride *= x.shape().extent(axis);
    }
    return x.arrange(
        shape,
        position -> {
          int rest = position;
          int from = 0;
          for (int axis = shape.rank() - 1; axis >= 0; axis--) {
            from += rest % shape.extent(axis) % x.shape().extent(axis) * strides[axis];
            rest /= shape.extent(axis);
          }
          return from;
        });
  }

  /** The shape of what is put side by side. */
  static Shape tiled(Shape shape, long[] repeats) {
    if (repeats.length != shape.rank()) {
      throw new IllegalArgumentException(
          "repeats the shape %s by %s".formatted(shape, Arrays.toString(repeats)));
    }
    long[] extents = new long[repeats.length];
    for (int axis = 0; axis < repeats.length; axis++) {
      extents[axis] = Math.multiplyExact(repeats[axis], shape.extent(axis));
    }
    return ShapeNodes.staticShape(extents);
  }

  /** The slices of the first operand at the indices that the second holds along its last axis. */
  static StaticTensor gatherSlices(OnnxNode node) {
    StaticTensor x = node.known(0);
    StaticTensor indices = node.known(1);
    if (node.integer("batch_dims", 0) != 0) {
      throw new IllegalArgumentException("has batch_dims, which are not supported");
    }
    Slices slices = Slices.of(x.shape(), indices);
    int[] extents = Arrays.copyOf(indices.shape().extents(), indices.shape().rank() - 1);
    List<Integer> all = new ArrayList<>();
    Arrays.stream(extents).forEach(all::add);
    Arrays.stream(slices.inner().extents()).forEach(all::add);
    int size = slices.inner().size();
    Shape result = Shape.of(all.stream().mapToInt(Integer::intValue).toArray());
    return x.arrange(result, i -> slices.first(i / size) + i % size);
  }

  /** The first operand with the slices that the third holds at the indices of the second. */
  static StaticTensor scatterSlices(OnnxNode node) {
    StaticTensor x = node.known(0);
    StaticTensor indices = node.known(1);
    StaticTensor updates = node.known(2);
    Reduction reduction = Reduction.of(node.text("reduction", "none"));
    Slices slices = Slices.of(x.shape(), indices);
    int size = slices.inner().size();
    StaticTensor.requireFew(x.shape());
    if (updates.shape().size() != slices.count() * size) {
      throw new IllegalArgumentException(
          "puts the shape %s at indices of the shape %s into the shape %s"
              .formatted(updates.shape(), indices.shape(), x.shape()));
    }
    IntUnaryOperator place = i -> slices.first(i / size) + i % size;
    if (x.isInteger()) {
      long[] values = x.integers();
      for (int i = 0; i < updates.shape().size(); i++) {
        int to = place.applyAsInt(i);
        values[to] = reduction.ofIntegers.applyAsLong(values[to], updates.integer(i));
      }
      return StaticTensor.ofIntegers(x.shape(), values);
    }
    if (x.dependsOnBatch() || updates.dependsOnBatch()) {
      throw SampleCount.refusal();
    }
    double[] values = x.reals();
    for (int i = 0; i < updates.shape().size(); i++) {
      int to = place.applyAsInt(i);
      values[to] = reduction.ofReals.applyAsDouble(values[to], updates.real(i));
    }
    return StaticTensor.ofReals(x.shape(), values);
  }

  /** What becomes of an element that another is put at. */
  private enum Reduction {
    NONE((old, update) -> update, (old, update) -> update),
    ADD(SampleCount.polynomial(Math::addExact), Double::sum),
    MUL(SampleCount.polynomial(Math::multiplyExact), (old, update) -> old * update);

    private final LongBinaryOperator ofIntegers;
    private final DoubleBinaryOperator ofReals;

    Reduction(LongBinaryOperator ofIntegers, DoubleBinaryOperator ofReals) {
      this.ofIntegers = ofIntegers;
      this.ofReals = ofReals;
    }

    static Reduction of(String name) {
      return Arrays.stream(values())
          .filter(reduction -> reduction.name().equalsIgnoreCase(name))
          .findFirst()
          .orElseThrow(
              () -> new IllegalArgumentException("has the unknown reduction '" + name + "'"));
    }
  }

  /**
   * Slices of a tensor by the indices of its first axes.
   *
   * @param indices {@code [..., axes]}
   * @param inner the shape of one slice
   */
  private record Slices(Shape of, StaticTensor indices, int axes, Shape inner) {
    static Slices of(Shape shape, StaticTensor indices) {
      int axes = indices.shape().rank() == 0 ? 0 : indices.shape().extent(-1);
      if (axes < 1 || axes > shape.rank() || indices.dependsOnBatch()) {
        throw new IllegalArgumentException(
            "names the slices of the shape %s by indices of the shape %s"
                .formatted(shape, indices.shape()));
      }
      Shape inner = Shape.of(Arrays.copyOfRange(shape.extents(), axes, shape.rank()));
      return new Slices(shape, indices, axes, inner);
    }

    int count() {
      return indices.shape().size() / axes;
    }

    /** The position of a slice's first element. */
    int first(int slice) {
      int position = 0;
      for (int axis = 0; axis < axes; axis++) {
        int extent = of.extent(axis);
        position =
            position * extent
                + StaticArrangements.axis(indices.integer(slice * axes + axis), extent);
      }
      return position * inner.size();
    }
  }
}
