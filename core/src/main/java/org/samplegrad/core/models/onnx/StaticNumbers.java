package org.samplegrad.core.models.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.Arrays;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.samplegrad.core.backend.Shape;

/** Numbers made from nothing or from others one by one, as ONNX defines it. */
final class StaticNumbers {
  private StaticNumbers() {}

  /** The value that a node holds. */
  static StaticTensor constant(OnnxNode node) {
    TensorProto tensor = node.tensor("value");
    if (tensor != null) {
      TensorSource source = TensorSource.of(tensor, ExternalFiles.NONE);
      StaticTensor values = source.read();
      return source.isFloat32() && values.shape().size() == 1
          ? values.map(number -> number, number -> RoundedNumber.restore((float) number))
          : values;
    }
    if (node.hasAttribute("value_ints")) {
      return StaticTensor.vector(node.integers("value_ints"));
    }
    if (node.hasAttribute("value_floats")) {
      double[] values = node.reals("value_floats");
      return StaticTensor.ofReals(Shape.of(values.length), values);
    }
    if (node.hasAttribute("value_int")) {
      return StaticTensor.ofIntegers(Shape.scalar(), node.integer("value_int", 0));
    }
    if (node.hasAttribute("value_float")) {
      return StaticTensor.ofReals(Shape.scalar(), node.real("value_float", 0));
    }
    throw new IllegalArgumentException("has no number or tensor of numbers as its value");
  }

  /** One number throughout a shape. */
  static StaticTensor constantOfShape(OnnxNode node) {
    Shape shape = ShapeNodes.staticShape(node.integers(0, "shape"));
    StaticTensor.requireFew(shape);
    TensorProto tensor = node.tensor("value");
    StaticTensor value =
        tensor == null
            ? StaticTensor.ofReals(Shape.of(1), 0)
            : TensorSource.of(tensor, ExternalFiles.NONE).read();
    if (value.shape().size() != 1) {
      throw new IllegalArgumentException(
          "fills with one number, found a value of the shape " + value.shape());
    }
    return value.arrange(shape, i -> 0);
  }

  /** {@code start, start + delta, ...} before the limit. */
  static StaticTensor range(OnnxNode node) {
    StaticTensor start = scalar(node.known(0));
    StaticTensor limit = scalar(node.known(1));
    StaticTensor delta = scalar(node.known(2));
    if (start.dependsOnBatch() || limit.dependsOnBatch() || delta.dependsOnBatch()) {
      throw SampleCount.refusal();
    }
    if (delta.real(0) == 0 || Double.isNaN(delta.real(0))) {
      throw new IllegalArgumentException("counts in steps of " + delta.real(0));
    }
    double count = Math.ceil((limit.real(0) - start.real(0)) / delta.real(0));
    if (!(count <= StaticTensor.MOST_EVALUATED)) {
      throw new IllegalArgumentException(
          "counts from %s to %s, more than the %d numbers allowed"
              .formatted(start.real(0), limit.real(0), StaticTensor.MOST_EVALUATED));
    }
    int size = (int) Math.max(0, count);
    Shape shape = Shape.of(size);
    if (start.isInteger() && limit.isInteger() && delta.isInteger()) {
      long[] values = new long[size];
      Arrays.setAll(values, i -> start.integer(0) + i * delta.integer(0));
      return StaticTensor.ofIntegers(shape, values);
    }
    double[] values = new double[size];
    Arrays.setAll(values, i -> start.real(0) + i * delta.real(0));
    return StaticTensor.ofReals(shape, values);
  }

  private static StaticTensor scalar(StaticTensor tensor) {
    if (tensor.shape().size() != 1) {
      throw new IllegalArgumentException(
          "counts between single numbers, found the shape " + tensor.shape());
    }
    return tensor;
  }

  /** The elements of the second operand where the first is true, of the third elsewhere. */
  static StaticTensor where(OnnxNode node) {
    StaticTensor condition = node.known(0);
    StaticTensor yes = node.known(1);
    StaticTensor no = node.known(2);
    Shape shape = Shape.broadcast(condition.shape(), Shape.broadcast(yes.shape(), no.shape()));
    StaticTensor chosen = StaticArrangements.expand(condition, shape).toTruths();
    StaticTensor first = StaticArrangements.expand(yes, shape);
    StaticTensor second = StaticArrangements.expand(no, shape);
    if (first.isInteger() && second.isInteger()) {
      long[] values = new long[shape.size()];
      Arrays.setAll(values, i -> chosen.integer(i) != 0 ? first.integer(i) : second.integer(i));
      return StaticTensor.ofIntegers(shape, values);
    }
    if (first.dependsOnBatch() || second.dependsOnBatch()) {
      throw SampleCount.refusal();
    }
    double[] values = new double[shape.size()];
    Arrays.setAll(values, i -> chosen.integer(i) != 0 ? first.real(i) : second.real(i));
    return StaticTensor.ofReals(shape, values);
  }

  static StaticTensor not(OnnxNode node) {
    return node.known(0).toTruths().map(truth -> 1 - truth, truth -> 1 - truth);
  }

  static StaticTensor isNotANumber(OnnxNode node) {
    return node.known(0).map(number -> 0, number -> Double.isNaN(number) ? 1 : 0).toIntegers();
  }

  /** The remainder with the sign of the divisor, or with {@code fmod} of the dividend. */
  static StaticTensor remainder(OnnxNode node) {
    boolean ofDividend = node.flag("fmod", false);
    return StaticTensor.combine(
        node.known(0),
        node.known(1),
        (a, b) -> SampleCount.remainder(a, b, ofDividend),
        (a, b) -> ofDividend ? a % b : a - b * Math.floor(a / b));
  }

  static StaticTensor power(OnnxNode node) {
    StaticTensor base = node.known(0);
    StaticTensor exponent = node.known(1);
    StaticTensor power =
        StaticTensor.combine(base.toReals(), exponent.toReals(), (a, b) -> a, Math::pow);
    return base.isInteger() ? power.toIntegers() : power;
  }

  static StaticTensor clip(OnnxNode node) {
    double least = ArithmeticNodes.bound(node, "min", 1, Double.NEGATIVE_INFINITY);
    double most = ArithmeticNodes.bound(node, "max", 2, Double.POSITIVE_INFINITY);
    return node.known(0)
        .map(
            number -> {
              boolean below =
                  least > Long.MIN_VALUE && SampleCount.compare(number, (long) least) < 0;
              boolean above = most < Long.MAX_VALUE && SampleCount.compare(number, (long) most) > 0;
              return below ? (long) least : above ? (long) most : number;
            },
            number -> Math.max(least, Math.min(most, number)));
  }

  /** Ones on a diagonal, in the shape of a matrix. */
  static StaticTensor eyeLike(OnnxNode node) {
    node.ignore("dtype");
    Shape shape = node.known(0).shape();
    long diagonal = node.integer("k", 0);
    requireMatrices(shape.rank() == 2, shape);
    StaticTensor.requireFew(shape);
    int columns = shape.extent(1);
    double[] values =
        IntStream.range(0, shape.size())
            .mapToDouble(i -> i % columns - i / columns == diagonal ? 1 : 0)
            .toArray();
    return StaticTensor.ofReals(shape, values);
  }

  private static void requireMatrices(boolean holds, Shape shape) {
    if (!holds) {
      throw new IllegalArgumentException("needs matrices, found the shape " + shape);
    }
  }

  /** The upper or lower triangles of matrices, 0 elsewhere. */
  static StaticTensor triangle(OnnxNode node) {
    StaticTensor x = node.known(0);
    requireMatrices(x.shape().rank() >= 2, x.shape());
    int matrix = x.shape().extent(-2) * x.shape().extent(-1);
    StaticTensor kept = triangle(node, x.shape().extent(-2), x.shape().extent(-1));
    return keep(x, i -> (int) kept.integer(i % matrix));
  }

  /** Which elements of a matrix a Trilu keeps: 1 or 0. */
  static StaticTensor triangle(OnnxNode node, int rows, int columns) {
    boolean upper = node.flag("upper", true);
    long diagonal = node.has(1) ? (long) node.constant(1, "diagonal").number("diagonal") : 0;
    Shape shape = Shape.of(rows, columns);
    StaticTensor.requireFew(shape);
    long[] kept = new long[shape.size()];
    for (int i = 0; i < kept.length; i++) {
      long above = i % columns - i / columns;
      kept[i] = (upper ? above >= diagonal : above <= diagonal) ? 1 : 0;
    }
    return StaticTensor.ofIntegers(shape, kept);
  }

  private static StaticTensor keep(StaticTensor x, IntUnaryOperator kept) {
    StaticTensor.requireFew(x.shape());
    if (x.isInteger()) {
      long[] values = x.integers();
      Arrays.setAll(values, i -> kept.applyAsInt(i) == 1 ? values[i] : 0);
      return StaticTensor.ofIntegers(x.shape(), values);
    }
    double[] values = x.reals();
    Arrays.setAll(values, i -> kept.applyAsInt(i) == 1 ? values[i] : 0);
    return StaticTensor.ofReals(x.shape(), values);
  }

  /** The one value at each index along a new axis, the other elsewhere. */
  static StaticTensor oneHot(OnnxNode node) {
    StaticTensor indices = node.known(0);
    double depth = node.known(1).number("depth");
    StaticTensor values = node.known(2);
    int rank = indices.shape().rank();
    int axis = StaticArrangements.axis(node.integer("axis", -1), rank + 1);
    if (!(depth >= 1 && depth <= StaticTensor.MOST_EVALUATED) || values.shape().size() != 2) {
      throw new IllegalArgumentException(
          "needs a depth of 1 to %d and two values, found %s and the shape %s"
              .formatted(StaticTensor.MOST_EVALUATED, depth, values.shape()));
    }
    int classes = (int) depth;
    int inner = 1;
    for (int after = axis; after < rank; after++) {
      inner *= indices.shape().extent(after);
    }
    int[] extents = new int[rank + 1];
    for (int i = 0; i <= rank; i++) {
      extents[i] = i == axis ? classes : indices.shape().extent(i < axis ? i : i - 1);
    }
    int block = inner;
    return values.arrange(
        Shape.of(extents),
        i -> {
          int index = i / block / classes * block + i % block;
          long hot = indices.integer(index);
          long counted = hot < 0 ? hot + classes : hot;
          return counted == i / block % classes ? 1 : 0;
        });
  }

  /** The indices of the elements that are not 0, {@code [axis, element]}. */
  static StaticTensor nonZero(OnnxNode node) {
    StaticTensor x = node.known(0);
    StaticTensor.requireFew(x.shape());
    int[] found = IntStream.range(0, x.shape().size()).filter(i -> x.real(i) != 0).toArray();
    int rank = Math.max(1, x.shape().rank());
    Shape shape = Shape.of(rank, found.length);
    StaticTensor.requireFew(shape);
    long[] indices = new long[shape.size()];
    for (int element = 0; element < found.length; element++) {
      int rest = found[element];
      for (int axis = x.shape().rank() - 1; axis >= 0; axis--) {
        indices[axis * found.length + element] = rest % x.shape().extent(axis);
        rest /= x.shape().extent(axis);
      }
    }
    return StaticTensor.ofIntegers(shape, indices);
  }
}
