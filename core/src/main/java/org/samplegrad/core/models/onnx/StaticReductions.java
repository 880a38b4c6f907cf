package org.samplegrad.core.models.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.LongBinaryOperator;
import java.util.stream.IntStream;
import org.samplegrad.core.backend.Shape;

/** Numbers made from all along some axes, as ONNX defines it. */
final class StaticReductions {
  private StaticReductions() {}

  /** A fold over the axes that a node names, all by default. */
  static StaticEvaluation fold(LongBinaryOperator ofIntegers, DoubleBinaryOperator ofReals) {
    return StaticEvaluation.one(node -> fold(node, node.known(0), ofIntegers, ofReals));
  }

  /** The same of a function of the numbers, and a function of the result. */
  static StaticTensor mean(OnnxNode node) {
    StaticTensor x = node.known(0);
    StaticTensor sum = fold(node, x, SampleCount.polynomial(Math::addExact), Double::sum);
    long count = sum.shape().size() == 0 ? 1 : x.shape().size() / sum.shape().size();
    return sum.map(number -> SampleCount.divide(number, count), number -> number / count);
  }

  private static StaticTensor fold(
      OnnxNode node, StaticTensor x, LongBinaryOperator ofIntegers, DoubleBinaryOperator ofReals) {
    boolean keeps = node.flag("keepdims", true);
    boolean emptyMeansNone = node.flag("noop_with_empty_axes", false);
    long[] axes = node.attributeOrInput("axes", 1, "axes");
    if (axes == null || axes.length == 0) {
      if (emptyMeansNone) {
        return x;
      }
      axes = IntStream.range(0, x.shape().rank()).asLongStream().toArray();
    }
    boolean[] reduced = new boolean[x.shape().rank()];
    for (long axis : axes) {
      reduced[StaticArrangements.axis(axis, reduced.length)] = true;
    }
    return fold(x, reduced, keeps, ofIntegers, ofReals);
  }

  private static StaticTensor fold(
      StaticTensor x,
      boolean[] reduced,
      boolean keeps,
      LongBinaryOperator ofIntegers,
      DoubleBinaryOperator ofReals) {
    Shape shape = x.shape();
    List<Integer> kept = new ArrayList<>();
    int[] strides = new int[shape.rank()];
    int groups = 1;
    for (int axis = shape.rank() - 1; axis >= 0; axis--) {
      strides[axis] = reduced[axis] ? 0 : groups;
      groups *= reduced[axis] ? 1 : shape.extent(axis);
    }
    for (int axis = 0; axis < shape.rank(); axis++) {
      if (!reduced[axis] || keeps) {
        kept.add(reduced[axis] ? 1 : shape.extent(axis));
      }
    }
    if (shape.size() == 0) {
      throw new IllegalArgumentException("reduces no numbers, of the shape " + shape);
    }
    Shape result = Shape.of(kept.stream().mapToInt(Integer::intValue).toArray());
    var group = StaticTensor.stridedPositions(shape, strides);
    boolean[] begun = new boolean[groups];
    long[] integers = new long[x.isInteger() ? groups : 0];
    double[] reals = new double[x.isInteger() ? 0 : groups];
    if (!x.isInteger() && x.dependsOnBatch()) {
      throw SampleCount.refusal();
    }
    for (int i = 0; i < shape.size(); i++) {
      int to = group.applyAsInt(i);
      if (x.isInteger()) {
        integers[to] =
            begun[to] ? ofIntegers.applyAsLong(integers[to], x.integer(i)) : x.integer(i);
      } else {
        reals[to] = begun[to] ? ofReals.applyAsDouble(reals[to], x.real(i)) : x.real(i);
      }
      begun[to] = true;
    }
    return x.isInteger()
        ? StaticTensor.ofIntegers(result, integers)
        : StaticTensor.ofReals(result, reals);
  }

  /** The sums of all before each number, that number included or not. */
  static StaticTensor cumulative(OnnxNode node) {
    StaticTensor x = node.known(0);
    boolean exclusive = node.flag("exclusive", false);
    boolean reverse = node.flag("reverse", false);
    int axis = StaticArrangements.axis((long) node.known(1).number("axis"), x.shape().rank());
    StaticTensor.requireFew(x.shape());
    int inner = inner(x.shape(), axis);
    int extent = x.shape().extent(axis);
    long[] integers = x.isInteger() ? x.integers() : null;
    double[] reals = x.isInteger() ? null : x.reals();
    LongBinaryOperator add = SampleCount.polynomial(Math::addExact);
    for (int line = 0; line < x.shape().size() / Math.max(1, extent); line++) {
      int first = line / inner * inner * extent + line % inner;
      long ofIntegers = 0;
      double ofReals = 0;
      for (int place = 0; place < extent; place++) {
        int i = first + (reverse ? extent - 1 - place : place) * inner;
        if (integers != null) {
          long before = ofIntegers;
          ofIntegers = add.applyAsLong(ofIntegers, integers[i]);
          integers[i] = exclusive ? before : ofIntegers;
        } else {
          double before = ofReals;
          ofReals += reals[i];
          reals[i] = exclusive ? before : ofReals;
        }
      }
    }
    if (integers == null && x.dependsOnBatch()) {
      throw SampleCount.refusal();
    }
    return integers != null
        ? StaticTensor.ofIntegers(x.shape(), integers)
        : StaticTensor.ofReals(x.shape(), reals);
  }

  private static int inner(Shape shape, int axis) {
    int inner = 1;
    for (int after = axis + 1; after < shape.rank(); after++) {
      inner *= shape.extent(after);
    }
    return inner;
  }

  /** Where along an axis the largest or smallest number is, the first of equal ones. */
  static StaticEvaluation position(Relation better) {
    return StaticEvaluation.one(
        node -> {
          StaticTensor x = node.known(0);
          boolean last = node.flag("select_last_index", false);
          boolean keeps = node.flag("keepdims", true);
          int axis = StaticArrangements.axis(node.integer("axis", 0), x.shape().rank());
          int extent = x.shape().extent(axis);
          if (x.dependsOnBatch() || extent == 0) {
            throw SampleCount.refusal();
          }
          int inner = inner(x.shape(), axis);
          long[] positions = new long[x.shape().size() / extent];
          for (int line = 0; line < positions.length; line++) {
            int first = line / inner * inner * extent + line % inner;
            int best = 0;
            for (int place = 1; place < extent; place++) {
              double found = x.real(first + place * inner);
              double known = x.real(first + best * inner);
              if (better.ofReals(found, known) || last && found == known) {
                best = place;
              }
            }
            positions[line] = best;
          }
          int[] extents = x.shape().extents();
          extents[axis] = 1;
          int[] without =
              IntStream.range(0, extents.length)
                  .filter(other -> other != axis)
                  .map(other -> extents[other])
                  .toArray();
          return StaticTensor.ofIntegers(Shape.of(keeps ? extents : without), positions);
        });
  }

  /** The product of matrices; leading axes broadcast. */
  static StaticTensor product(StaticTensor a, StaticTensor b) {
    if (a.shape().rank() < 2
        || b.shape().rank() < 2
        || a.shape().extent(-1) != b.shape().extent(-2)) {
      throw new IllegalArgumentException(
          "multiplies constants of the shapes %s and %s; needs matrices that fit"
              .formatted(a.shape(), b.shape()));
    }
    if (a.dependsOnBatch() || b.dependsOnBatch()) {
      throw SampleCount.refusal();
    }
    int rows = a.shape().extent(-2);
    int terms = a.shape().extent(-1);
    int columns = b.shape().extent(-1);
    Shape ofA = Shape.of(Arrays.copyOf(a.shape().extents(), a.shape().rank() - 2));
    Shape ofB = Shape.of(Arrays.copyOf(b.shape().extents(), b.shape().rank() - 2));
    Shape leading = Shape.broadcast(ofA, ofB);
    int[] extents = Arrays.copyOf(leading.extents(), leading.rank() + 2);
    extents[leading.rank()] = rows;
    extents[leading.rank() + 1] = columns;
    Shape shape = Shape.of(extents);
    StaticTensor.requireFew(shape);
    StaticTensor.requireFew(Shape.of(Math.max(1, shape.size()), Math.max(1, terms)));
    var left = StaticTensor.broadcastPositions(ofA, leading);
    var right = StaticTensor.broadcastPositions(ofB, leading);
    double[] values = new double[shape.size()];
    for (int i = 0; i < values.length; i++) {
      int matrix = i / (rows * columns);
      int fromA = (left.applyAsInt(matrix) * rows + i / columns % rows) * terms;
      int fromB = right.applyAsInt(matrix) * terms * columns + i % columns;
      for (int term = 0; term < terms; term++) {
        values[i] += a.real(fromA + term) * b.real(fromB + term * columns);
      }
    }
    StaticTensor result = StaticTensor.ofReals(shape, values);
    return a.isInteger() && b.isInteger() ? result.toIntegers() : result;
  }
}
