package org.samplegrad.core.ops;

import static org.samplegrad.core.ops.Primitives.unary;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.ShapeRules;

/** Operations that arrange elements, and the sums that are their adjoints. */
public final class Shapes {
  private Shapes() {}

  public static Variable reshape(Variable x, Shape shape) {
    if (x.shape().equals(shape)) {
      return x;
    }
    return unary(
            "reshape",
            (backend, value) -> backend.reshape(value, shape),
            (gradient, y, input) -> reshape(gradient, input.shape()))
        .apply(x);
  }

  /** The axes of the result are the given axes of {@code x}, in that order. */
  public static Variable transpose(Variable x, int... axes) {
    ShapeRules.transposed(x.shape(), axes);
    int[] inverse = new int[axes.length];
    for (int axis = 0; axis < axes.length; axis++) {
      inverse[axes[axis]] = axis;
    }
    return unary(
            "transpose",
            (backend, value) -> backend.transpose(value, axes),
            (gradient, y, input) -> transpose(gradient, inverse))
        .apply(x);
  }

  public static Variable broadcastTo(Variable x, Shape shape) {
    if (x.shape().equals(shape)) {
      return x;
    }
    return unary(
            "broadcastTo",
            (backend, value) -> backend.broadcastTo(value, shape),
            (gradient, y, input) -> sumTo(gradient, input.shape()))
        .apply(x);
  }

  /** The elements {@code from} to {@code to - 1} along an axis; at least one. */
  public static Variable slice(Variable x, int axis, int from, int to) {
    return unary(
            "slice",
            (backend, value) -> backend.slice(value, axis, from, to),
            (gradient, y, input) -> pad(gradient, axis, from, input.shape().extent(axis) - to))
        .apply(x);
  }

  /** The adjoint of {@link #slice}: that many zeros before and after an axis. */
  public static Variable pad(Variable x, int axis, int before, int after) {
    return unary(
            "pad",
            (backend, value) -> backend.pad(value, axis, before, after),
            (gradient, y, input) ->
                slice(gradient, axis, before, before + input.shape().extent(axis)))
        .apply(x);
  }

  /** The sum over the given axes, which keep the extent 1. */
  public static Variable sum(Variable x, int... axes) {
    return unary(
            "sum",
            (backend, value) -> backend.sum(value, axes),
            (gradient, y, input) -> broadcastTo(gradient, input.shape()))
        .apply(x);
  }

  /** The sum of all elements, as a scalar. */
  public static Variable sumAll(Variable x) {
    int[] axes = IntStream.range(0, x.shape().rank()).toArray();
    return reshape(sum(x, axes), Shape.scalar());
  }

  /** The sum over every axis but the first: {@code [n, ...] -> [n]}. */
  public static Variable sumPerSample(Variable x) {
    int[] axes = IntStream.range(1, x.shape().rank()).toArray();
    return reshape(sum(x, axes), Shape.of(x.shape().extent(0)));
  }

  /** The sum of the squares of each sample's elements, {@code [n, ...] -> [n]}. */
  public static Variable squaredNorms(Variable x) {
    return unary(
            "squaredNorms",
            Backend::squaredNorms,
            (gradient, y, input) ->
                Elementwise.scale(Elementwise.multiply(perSample(gradient, input), input), 2))
        .apply(x);
  }

  /** One number for each sample, in a shape that broadcasts to that of {@code like}. */
  private static Variable perSample(Variable x, Variable like) {
    int[] extents = new int[like.shape().rank()];
    Arrays.fill(extents, 1);
    extents[0] = x.shape().extent(0);
    return reshape(x, Shape.of(extents));
  }

  /** The adjoint of broadcasting {@code shape} to the shape of {@code x}. */
  public static Variable sumTo(Variable x, Shape shape) {
    if (x.shape().equals(shape)) {
      return x;
    }
    ShapeRules.requireBroadcast(shape, x.shape());
    int added = x.shape().rank() - shape.rank();
    int[] axes =
        IntStream.range(0, x.shape().rank())
            .filter(axis -> axis < added || shape.extent(axis - added) != x.shape().extent(axis))
            .toArray();
    return reshape(sum(x, axes), shape);
  }

  /**
   * {@code log(sum(exp(x)))} over the last axis, which keeps the extent 1. The maximum that guards
   * against overflow is a constant: the result does not depend on it, nor does any derivative.
   */
  public static Variable logSumExp(Variable x) {
    int last = x.shape().rank() - 1;
    Variable maximum = maximum(x, last);
    Variable shifted = Elementwise.subtract(x, maximum);
    return Elementwise.add(Elementwise.log(sum(Elementwise.exp(shifted), last)), maximum);
  }

  private static Variable maximum(Variable x, int axis) {
    return Variable.constant(x.backend().max(x.value(), axis));
  }
}
