package org.samplegrad.core.backend;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;

/** A dense, row-major array in double precision: what the tests compare a backend's tensors to. */
public record NaiveArray(Shape shape, double[] values) {
  /** Random elements are multiples of this, so that float32 holds them exactly. */
  private static final double STEP = 1.0 / 64;

  public NaiveArray {
    if (shape.size() != values.length) {
      throw new IllegalArgumentException(values.length + " values for the shape " + shape);
    }
  }

  public static NaiveArray of(Shape shape, double... values) {
    return new NaiveArray(shape, values);
  }

  public static NaiveArray zeros(Shape shape) {
    return new NaiveArray(shape, new double[shape.size()]);
  }

  /** Elements from -2 to 2. */
  public static NaiveArray random(Random random, int... extents) {
    Shape shape = Shape.of(extents);
    return new NaiveArray(
        shape, random.ints(shape.size(), -128, 129).mapToDouble(i -> i * STEP).toArray());
  }

  /** Elements from 1/4 to 2: inside the domain of a logarithm, a root or a divisor. */
  public static NaiveArray positive(Random random, int... extents) {
    Shape shape = Shape.of(extents);
    return new NaiveArray(
        shape, random.ints(shape.size(), 16, 129).mapToDouble(i -> i * STEP).toArray());
  }

  /** Elements in random order, no two nearer than 1/8 and none nearer to zero than 1/16. */
  public static NaiveArray separated(Random random, int... extents) {
    Shape shape = Shape.of(extents);
    double[] values =
        IntStream.range(0, shape.size())
            .mapToDouble(i -> (i - shape.size() / 2 + 0.5) / 8)
            .toArray();
    for (int i = values.length - 1; i > 0; i--) {
      int other = random.nextInt(i + 1);
      double moved = values[i];
      values[i] = values[other];
      values[other] = moved;
    }
    return new NaiveArray(shape, values);
  }

  public double at(int... index) {
    return values[flat(index)];
  }

  void set(double value, int... index) {
    values[flat(index)] = value;
  }

  void accumulate(double value, int... index) {
    values[flat(index)] += value;
  }

  public NaiveArray reshape(int... extents) {
    return new NaiveArray(Shape.of(extents), values);
  }

  /** One sample with its axis of extent 1: {@code [n, ...] -> [1, ...]}. */
  public NaiveArray sample(int n) {
    Shape one = shape.dropFirst().prepend(1);
    return new NaiveArray(one, Arrays.copyOfRange(values, n * one.size(), (n + 1) * one.size()));
  }

  public Tensor on(Backend backend) {
    return backend.tensor(shape, values);
  }

  int flat(int... index) {
    if (index.length != shape.rank()) {
      throw new IllegalArgumentException(Arrays.toString(index) + " into the shape " + shape);
    }
    int flat = 0;
    for (int axis = 0; axis < index.length; axis++) {
      if (index[axis] < 0 || index[axis] >= shape.extent(axis)) {
        throw new IllegalArgumentException(Arrays.toString(index) + " into the shape " + shape);
      }
      flat = flat * shape.extent(axis) + index[axis];
    }
    return flat;
  }

  static int[] index(Shape shape, int flat) {
    int[] index = new int[shape.rank()];
    for (int axis = shape.rank() - 1; axis >= 0; axis--) {
      index[axis] = flat % shape.extent(axis);
      flat /= shape.extent(axis);
    }
    return index;
  }
}
