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
 * The number of samples is not known, and stands in integers as {@link #BATCH}, a number that no
 * real extent can have, so that sums, products and quotients of extents come out by themselves.
 */
final class StaticTensor implements Operand {
  /** The number of samples; a prime beyond every extent. */
  static final long BATCH = 4_398_042_316_799L;

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
    boolean batch = Arrays.stream(values).anyMatch(StaticTensor::isOfBatch);
    return new StaticTensor(shape, values, null, batch);
  }

  static StaticTensor ofReals(Shape shape, double... values) {
    return new StaticTensor(shape, null, values, false);
  }

  static StaticTensor vector(long... values) {
    return ofIntegers(Shape.of(values.length), values);
  }

  /** Whether an integer holds the number of samples: no other comes near, but for "to the end". */
  private static boolean isOfBatch(long value) {
    return Math.abs(value) > Integer.MAX_VALUE && Math.abs(value) < Long.MAX_VALUE / 2;
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
    double[] values = Arrays.stream(reals).map(ofReals).toArray();
    return new StaticTensor(shape, null, values, dependsOnBatch);
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
    double[] values = new double[shape.size()];
    Arrays.setAll(
        values,
        i -> ofReals.applyAsDouble(a.real(left.applyAsInt(i)), b.real(right.applyAsInt(i))));
    return new StaticTensor(shape, null, values, a.dependsOnBatch || b.dependsOnBatch);
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
