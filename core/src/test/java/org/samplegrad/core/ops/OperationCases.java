package org.samplegrad.core.ops;

import java.util.List;
import java.util.Random;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Indices;
import org.samplegrad.core.backend.NaiveArray;
import org.samplegrad.core.backend.NaiveArrays;
import org.samplegrad.core.backend.NaiveWindows;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Window;

/** The differentiable operations at inputs where they are smooth. */
final class OperationCases {
  private static final Window WINDOW =
      Window.ofKernel(2, 3).withStride(2, 1).withPadding(1, 0).withDilation(1, 2);
  private static final int GROUPS = 2;
  private static final Shape IMAGES = Shape.of(2, 4, 4, 6);
  private static final Shape WEIGHT = Shape.of(2, 2, 2, 3);

  private final Random random = new Random(3);

  /** One operation, named {@code Class.method}, applied to one choice of inputs. */
  record Case(
      String operation, List<NaiveArray> inputs, Function<List<Variable>, Variable> function) {
    @Override
    public String toString() {
      return operation + inputs.stream().map(NaiveArray::shape).toList();
    }
  }

  static List<Case> all() {
    OperationCases cases = new OperationCases();
    return Stream.of(
            cases.elementwise(),
            cases.shapes(),
            cases.products(),
            cases.convolutions(),
            cases.selection())
        .flatMap(List::stream)
        .toList();
  }

  private static Case unary(String operation, NaiveArray x, UnaryOperator<Variable> function) {
    return new Case(operation, List.of(x), inputs -> function.apply(inputs.get(0)));
  }

  private static Case binary(
      String operation, NaiveArray a, NaiveArray b, BinaryOperator<Variable> function) {
    return new Case(
        operation, List.of(a, b), inputs -> function.apply(inputs.get(0), inputs.get(1)));
  }

  private NaiveArray random(int... extents) {
    return NaiveArray.random(random, extents);
  }

  private NaiveArray positive(int... extents) {
    return NaiveArray.positive(random, extents);
  }

  private NaiveArray separated(int... extents) {
    return NaiveArray.separated(random, extents);
  }

  private NaiveArray like(Shape shape) {
    return random(shape.extents());
  }

  private List<Case> elementwise() {
    return Stream.concat(
            Stream.of(
                broadcasting("Elementwise.add", Elementwise::add),
                broadcasting("Elementwise.subtract", Elementwise::subtract),
                broadcasting("Elementwise.multiply", Elementwise::multiply),
                broadcasting("Elementwise.divide", Elementwise::divide)),
            Stream.of(
                List.of(
                    unary("Elementwise.negate", random(2, 3), Elementwise::negate),
                    unary("Elementwise.scale", random(2, 3), x -> Elementwise.scale(x, -1.5)),
                    unary("Elementwise.square", random(2, 3), Elementwise::square),
                    unary("Shapes.squaredNorms", random(2, 3, 2), Shapes::squaredNorms),
                    unary("Elementwise.sqrt", positive(2, 3), Elementwise::sqrt),
                    unary("Elementwise.sqrtOfSquares", positive(2, 3), Elementwise::sqrtOfSquares),
                    unary("Elementwise.exp", random(2, 3), Elementwise::exp),
                    unary("Elementwise.expm1", random(2, 3), Elementwise::expm1),
                    unary("Elementwise.negativePart", separated(3, 4), Elementwise::negativePart),
                    unary("Elementwise.abs", separated(3, 4), Elementwise::abs),
                    clip(-0.25, 0.5),
                    clip(Double.NEGATIVE_INFINITY, 0.5),
                    clip(-0.25, Double.POSITIVE_INFINITY),
                    power(random(2, 3), 2),
                    power(separated(2, 3), 5),
                    power(NaiveArrays.map(positive(2, 3), x -> -x), -3),
                    power(positive(2, 3), 0.5),
                    power(positive(2, 3), -1.5),
                    power(positive(2, 3), 0.3),
                    unary("Elementwise.softplus", separated(3, 4), this::softplusTo),
                    unary("Elementwise.log", positive(2, 3), Elementwise::log),
                    unary("Elementwise.tanh", random(2, 3), Elementwise::tanh),
                    unary("Elementwise.tanh", positive(), Elementwise::tanh),
                    unary("Elementwise.sigmoid", random(2, 3), Elementwise::sigmoid),
                    unary("Elementwise.erf", random(2, 3), Elementwise::erf),
                    unary("Elementwise.softplus", random(2, 3), Elementwise::softplus),
                    unary("Elementwise.relu", separated(3, 4), Elementwise::relu))))
        .flatMap(List::stream)
        .toList();
  }

  private Variable softplusTo(Variable x) {
    return Elementwise.softplus(x, 0.25);
  }

  private Case clip(double minimum, double maximum) {
    return unary("Elementwise.clip", separated(3, 4), x -> Elementwise.clip(x, minimum, maximum));
  }

  private static Case power(NaiveArray x, double exponent) {
    return unary("Elementwise.power", x, base -> Elementwise.power(base, exponent));
  }

  /** Equal shapes, a scalar, added leading axes, extents of 1 on either side or on both. */
  private List<Case> broadcasting(String operation, BinaryOperator<Variable> function) {
    return List.of(
        binary(operation, positive(2, 3), positive(2, 3), function),
        binary(operation, positive(2, 3), positive(), function),
        binary(operation, positive(), positive(2, 3), function),
        binary(operation, positive(3), positive(2, 3), function),
        binary(operation, positive(2, 3, 2), positive(3, 1), function),
        binary(operation, positive(2, 1), positive(1, 3), function),
        binary(operation, positive(1, 1), positive(1), function));
  }

  private List<Case> shapes() {
    return List.of(
        unary("Shapes.reshape", random(2, 6), x -> Shapes.reshape(x, Shape.of(3, 1, 4))),
        unary("Shapes.reshape", random(1, 1), x -> Shapes.reshape(x, Shape.scalar())),
        unary("Shapes.transpose", random(2, 3), x -> Shapes.transpose(x, 1, 0)),
        unary("Shapes.transpose", random(2, 3, 4), x -> Shapes.transpose(x, 2, 0, 1)),
        unary("Shapes.transpose", random(2, 3, 2, 3), x -> Shapes.transpose(x, 1, 2, 0, 3)),
        unary("Shapes.broadcastTo", random(3), x -> Shapes.broadcastTo(x, Shape.of(2, 3))),
        unary("Shapes.broadcastTo", random(2, 1), x -> Shapes.broadcastTo(x, Shape.of(4, 2, 3))),
        unary("Shapes.broadcastTo", positive(), x -> Shapes.broadcastTo(x, Shape.of(2, 2))),
        unary("Shapes.slice", random(2, 5), x -> Shapes.slice(x, 1, 1, 4)),
        unary("Shapes.slice", random(3, 2, 2), x -> Shapes.slice(x, 0, 2, 3)),
        unary("Shapes.pad", random(2, 3), x -> Shapes.pad(x, 1, 2, 1)),
        unary("Shapes.pad", random(2, 3), x -> Shapes.pad(x, 0, 0, 1)),
        unary("Shapes.sum", random(2, 3, 4), x -> Shapes.sum(x, 1)),
        unary("Shapes.sum", random(2, 3, 4), x -> Shapes.sum(x, 0, 2)),
        unary("Shapes.sum", random(2, 3), Shapes::sum),
        unary("Shapes.sumAll", random(2, 3, 4), Shapes::sumAll),
        unary("Shapes.sumAll", positive(), Shapes::sumAll),
        unary("Shapes.sumPerSample", random(3, 2, 2), Shapes::sumPerSample),
        unary("Shapes.sumPerSample", random(3), Shapes::sumPerSample),
        unary("Shapes.sumTo", random(2, 3, 4), x -> Shapes.sumTo(x, Shape.of(3, 1))),
        unary("Shapes.sumTo", random(2, 3), x -> Shapes.sumTo(x, Shape.scalar())),
        unary("Shapes.sumTo", random(2, 3), x -> Shapes.sumTo(x, Shape.of(2, 3))),
        unary("Shapes.logSumExp", random(3, 4), Shapes::logSumExp),
        unary("Shapes.logSumExp", random(2, 1), Shapes::logSumExp),
        unary("Shapes.logSumExp", random(5), Shapes::logSumExp),
        unary("SoftmaxFamily.softmax", random(3, 4), x -> SoftmaxFamily.softmax(x, 1)),
        unary("SoftmaxFamily.softmax", random(3, 4, 2), x -> SoftmaxFamily.softmax(x, 1)),
        unary("SoftmaxFamily.softmax", random(5), x -> SoftmaxFamily.softmax(x, 0)),
        unary("SoftmaxFamily.logSoftmax", random(3, 4), x -> SoftmaxFamily.logSoftmax(x, 1)),
        unary("SoftmaxFamily.logSoftmax", random(3, 4, 2), x -> SoftmaxFamily.logSoftmax(x, 0)),
        binary(
            "SoftmaxFamily.logSoftmax",
            random(2, 3),
            random(2, 3),
            (x, u) -> SoftmaxFamily.pushForward(x, u, 1)),
        binary(
            "SoftmaxFamily.logSoftmax",
            random(2, 3),
            random(2, 3),
            (x, t) -> SoftmaxFamily.pullBack(x, t, 1)));
  }

  private List<Case> products() {
    NaiveArray u = random(3, 2, 2, 4);
    NaiveArray a = random(3, 2, 3, 4);
    return List.of(
        binary("Products.matmul", random(2, 3), random(3, 4), Products::matmul),
        binary("Products.matmul", random(2, 2, 3), random(2, 3, 4), Products::matmul),
        matmul(random(3, 2), true, random(3, 4), false),
        matmul(random(2, 3), false, random(4, 3), true),
        matmul(random(3, 2), true, random(4, 3), true),
        matmul(random(2, 3, 2), true, random(2, 3, 4), false),
        matmul(random(2, 2, 3), false, random(2, 4, 3), true),
        matmul(random(2, 3, 2), true, random(2, 4, 3), true),
        new Case(
            "Products.sampleProductSum",
            List.of(u, a, random(3, 2, 2, 4), random(3, 2, 3, 4)),
            x -> Products.sampleProductSum(x.get(0), x.get(1), x.get(2), x.get(3))),
        new Case(
            "Products.sampleProductSum",
            List.of(u, a),
            x -> Products.sampleProductSum(x.get(0), x.get(1), x.get(0), x.get(1))),
        binary("Products.squaredSampleProductSum", u, a, Products::squaredSampleProductSum),
        new Case(
            "Products.weightedSampleProduct",
            List.of(random(2, 2, 3), u, a, random(3, 2, 3, 4)),
            x -> Products.weightedSampleProduct(x.get(0), x.get(1), x.get(2), x.get(3))));
  }

  private static Case matmul(NaiveArray a, boolean transposeA, NaiveArray b, boolean transposeB) {
    return binary(
        "Products.matmul",
        a,
        b,
        (left, right) -> Products.matmul(left, transposeA, right, transposeB));
  }

  private List<Case> convolutions() {
    Window line =
        Window.ofKernel(2).withStride(2).withPadding(new int[] {1}, new int[] {0}).roundingUp(true);
    Window volume = Window.ofKernel(2, 1, 2).withStride(1, 2, 1).withPadding(0, 0, 1);
    return Stream.of(
            convolutions(IMAGES, WEIGHT, WINDOW, GROUPS),
            convolutions(Shape.of(2, 3, 4), Shape.of(2, 3, 2), line, 1),
            convolutions(Shape.of(2, 2, 3, 3, 2), Shape.of(2, 1, 2, 1, 2), volume, 2))
        .flatMap(List::stream)
        .toList();
  }

  private List<Case> convolutions(Shape images, Shape weights, Window window, int groups) {
    NaiveArray x = like(images);
    NaiveArray weight = like(weights);
    NaiveArray output = like(NaiveWindows.convolve(x, weight, window, groups).shape());
    NaiveArray columns = like(NaiveWindows.unfold(x, window).shape());
    return List.of(
        binary(
            "Convolutions.convolve",
            x,
            weight,
            (a, b) -> Convolutions.convolve(a, b, window, groups)),
        binary(
            "Convolutions.convolveInputGradient",
            output,
            weight,
            (a, b) -> Convolutions.convolveInputGradient(a, b, images, window, groups)),
        binary(
            "Convolutions.convolveWeightGradient",
            x,
            output,
            (a, b) -> Convolutions.convolveWeightGradient(a, b, weights, window, groups)),
        unary("Convolutions.unfold", x, a -> Convolutions.unfold(a, window)),
        unary("Convolutions.fold", columns, a -> Convolutions.fold(a, images, window)));
  }

  private List<Case> selection() {
    Indices repeated = new Indices(Shape.of(2, 3), new int[] {5, 0, 3, 3, 3, 1});
    return List.of(
        unary("Selection.gather", random(2, 4), x -> Selection.gather(x, repeated)),
        unary(
            "Selection.scatterAdd",
            random(2, 3),
            x -> Selection.scatterAdd(x, repeated, Shape.of(4, 2))),
        unary("Selection.maxPool", separated(2, 2, 4, 5), x -> Selection.maxPool(x, WINDOW)),
        unary(
            "Selection.maxPool",
            separated(2, 2, 5),
            x -> Selection.maxPool(x, Window.ofKernel(2).withStride(2).roundingUp(true))));
  }
}
