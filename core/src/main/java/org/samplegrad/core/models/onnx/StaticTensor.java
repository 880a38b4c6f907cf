package org.samplegrad.core.models.onnx;

import java.util.Arrays;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.IntUnaryOperator;
import java.util.function.LongBinaryOperator;
import java.util.function.LongUnaryOperator;
import org.samplegrad.core.backend.Shape;

/**
 * A tensor whose values are known without a sample: a constant, or a shape that the file computes.
 * The number of samples is not known, and stands in it as {@link #BATCH}.
 */
final class StaticTensor implements Operand {
  /** The number of samples, as {@link SampleCount} computes with it. */
  static final long BATCH = SampleCount.UNKNOWN;

  /** Beyond this a tensor may only come from a file, never from evaluating a node. */
  static final int MOST_EVALUATED = 1 << 20;

  private final Shape shape;
  private final long[] integers;
  private final double[] reals;
  private final boolean dependsOnBatch;

  private StaticTensor(Shape shape, long[] integers, double[] reals, boolean dependsOnBatch) {
    this.shape = shape;
    this.integers = integers;
    this.reals = reals;
    this.dependsOnBatch = dependsOnBatch;
  }

  static StaticTensor ofIntegers(Shape shape, long... values) {
    boolean batch = Arrays.stream(values).anyMatch(SampleCount::isIn);
    return new StaticTensor(shape, values, null, batch);
  }

  static StaticTensor ofReals(Shape shape, double... values) {
    return new StaticTensor(shape, null, values, false);
  }

  static StaticTensor vector(long... values) {
    return ofIntegers(Shape.of(values.length), values);
  }

  @Override
  public Shape shape() {
    return shape;
  }

  boolean isInteger() {
    return integers != null;
  }

  /** Whether the values are known only when the samples are counted. */
  boolean dependsOnBatch() {
    return dependsOnBatch;
  }

  long integer(int index) {
    return integers == null ? (long) reals[index] : integers[index];
  }

  double real(int index) {
    return integers == null ? reals[index] : integers[index];
  }

  /**
   * Its only element.
   *
   * @param what for the message
   * @throws IllegalArgumentException if there is not exactly one, or it depends on the batch
   */
  double number(String what) {
    if (shape.size() != 1 || dependsOnBatch) {
      throw new IllegalArgumentException(
          "its %s must be a single number, found the shape %s".formatted(what, shape));
    }
    return real(0);
  }

  long[] integers() {
    long[] result = new long[shape.size()];
    Arrays.setAll(result, this::integer);
    return result;
  }

  double[] reals() {
    double[] result = new double[shape.size()];
    Arrays.setAll(result, this::real);
    return result;
  }

  StaticTensor toIntegers() {
    return isInteger() ? this : new StaticTensor(shape, integers(), null, dependsOnBatch);
  }

  /** 0 where there is 0, 1 elsewhere. */
  StaticTensor toTruths() {
    requireFew(shape);
    long[] values = new long[shape.size()];
    Arrays.setAll(values, i -> real(i) == 0 ? 0 : 1);
    return ofIntegers(shape, values);
  }

  StaticTensor toReals() {
    return isInteger() ? new StaticTensor(shape, null, reals(), dependsOnBatch) : this;
  }

  /**
   * The elements at the given positions, in a new shape.
   *
   * @throws IllegalArgumentException if there are too many
   */
  StaticTensor arrange(Shape result, IntUnaryOperator position) {
    requireFew(result);
    if (isInteger()) {
      long[] values = new long[result.size()];
      Arrays.setAll(values, i -> integers[position.applyAsInt(i)]);
      return ofIntegers(result, values);
    }
    double[] values = new double[result.size()];
    Arrays.setAll(values, i -> reals[position.applyAsInt(i)]);
    return new StaticTensor(result, null, values, dependsOnBatch);
  }

  StaticTensor map(LongUnaryOperator ofIntegers, DoubleUnaryOperator ofReals) {
    requireFew(shape);
    if (isInteger()) {
      return ofIntegers(shape, Arrays.stream(integers).map(ofIntegers).toArray());
    }
    double[] values = Arrays.stream(reals).map(kept(ofReals)).toArray();
    return new StaticTensor(shape, null, values, dependsOnBatch);
  }

  /** A function that must not lose the number of samples. */
  private DoubleUnaryOperator kept(DoubleUnaryOperator function) {
    return dependsOnBatch
        ? number -> SampleCount.requireKept(function.applyAsDouble(number), number)
        : function;
  }

  /** Both with NumPy's broadcasting; in integers if both are. */
  static StaticTensor combine(
      StaticTensor a, StaticTensor b, LongBinaryOperator ofIntegers, DoubleBinaryOperator ofReals) {
    Shape shape = Shape.broadcast(a.shape, b.shape);
    requireFew(shape);
    IntUnaryOperator left = broadcastPositions(a.shape, shape);
    IntUnaryOperator right = broadcastPositions(b.shape, shape);
    if (a.isInteger() && b.isInteger()) {
      long[] values = new long[shape.size()];
      Arrays.setAll(
          values,
          i ->
              ofIntegers.applyAsLong(
                  a.integers[left.applyAsInt(i)], b.integers[right.applyAsInt(i)]));
      return ofIntegers(shape, values);
    }
    boolean batch = a.dependsOnBatch || b.dependsOnBatch;
    double[] values = new double[shape.size()];
    Arrays.setAll(
        values,
        i -> {
          double first = a.real(left.applyAsInt(i));
          double second = b.real(right.applyAsInt(i));
          double result = ofReals.applyAsDouble(first, second);
          return batch ? SampleCount.requireKept(result, first, second) : result;
        });
    return new StaticTensor(shape, null, values, batch);
  }

  /** Whether a relation holds between each two elements, 1 or 0. */
  static StaticTensor compare(StaticTensor a, StaticTensor b, Relation relation) {
    Shape shape = Shape.broadcast(a.shape, b.shape);
    requireFew(shape);
    IntUnaryOperator left = broadcastPositions(a.shape, shape);
    IntUnaryOperator right = broadcastPositions(b.shape, shape);
    boolean integers =
        a.isInteger() && b.isInteger() || a.dependsOnBatch || b.dependsOnBatch; // cast ones too
    long[] values = new long[shape.size()];
    for (int i = 0; i < values.length; i++) {
      int first = left.applyAsInt(i);
      int second = right.applyAsInt(i);
      boolean holds =
          integers
              ? relation.ofIntegers(a.integer(first), b.integer(second))
              : relation.ofReals(a.real(first), b.real(second));
      values[i] = holds ? 1 : 0;
    }
    return ofIntegers(shape, values);
  }

  /** From positions in a broadcast shape to positions in the shape that is broadcast. */
  static IntUnaryOperator broadcastPositions(Shape from, Shape to) {
    int[] strides = new int[to.rank()];
    int stride = 1;
    for (int axis = 1; axis <= from.rank(); axis++) {
      strides[to.rank() - axis] = from.extent(-axis) == 1 ? 0 : stride;
      stride *= from.extent(-axis);
    }
    return stridedPositions(to, strides);
  }

  /** From positions in a row-major shape to the sum of {@code index * stride} over its axes. */
  static IntUnaryOperator stridedPositions(Shape shape, int[] strides) {
    return position -> {
      int rest = position;
      int result = 0;
      for (int axis = shape.rank() - 1; axis >= 0; axis--) {
        result += rest % shape.extent(axis) * strides[axis];
        rest /= shape.extent(axis);
      }
      return result;
    };
  }

  static void requireFew(Shape shape) {
    if (shape.size() > MOST_EVALUATED) {
      throw new IllegalArgumentException(
          "evaluates to a constant of shape %s, more than the %d elements allowed"
              .formatted(shape, MOST_EVALUATED));
    }
  }
}
