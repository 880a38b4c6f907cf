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
import org.samplegrad.core.backend.NaiveWindows;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Window;

/** The differentiable operations at inputs where they are smooth. */
final class OperationCases {
  private static final Window WINDOW = new Window(2, 3, 2, 1, 1, 0, 1, 2);
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
                    unary("Elementwise.sqrt", positive(2, 3), Elementwise::sqrt),
                    unary("Elementwise.exp", random(2, 3), Elementwise::exp),
                    unary("Elementwise.log", positive(2, 3), Elementwise::log),
                    unary("Elementwise.tanh", random(2, 3), Elementwise::tanh),
                    unary("Elementwise.tanh", positive(), Elementwise::tanh),
                    unary("Elementwise.sigmoid", random(2, 3), Elementwise::sigmoid),
                    unary("Elementwise.softplus", random(2, 3), Elementwise::softplus),
                    unary("Elementwise.relu", separated(3, 4), Elementwise::relu))))
        .flatMap(List::stream)
        .toList();
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
        unary("Shapes.logSumExp", random(5), Shapes::logSumExp));
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
    NaiveArray x = like(IMAGES);
    NaiveArray weight = like(WEIGHT);
    NaiveArray output = like(NaiveWindows.convolve(x, weight, WINDOW, GROUPS).shape());
    NaiveArray columns = like(NaiveWindows.unfold(x, WINDOW).shape());
    return List.of(
        binary(
            "Convolutions.convolve",
            x,
            weight,
            (a, b) -> Convolutions.convolve(a, b, WINDOW, GROUPS)),
        binary(
            "Convolutions.convolveInputGradient",
            output,
            weight,
            (a, b) -> Convolutions.convolveInputGradient(a, b, IMAGES, WINDOW, GROUPS)),
        binary(
            "Convolutions.convolveWeightGradient",
            x,
            output,
            (a, b) -> Convolutions.convolveWeightGradient(a, b, WEIGHT, WINDOW, GROUPS)),
        unary("Convolutions.unfold", x, a -> Convolutions.unfold(a, WINDOW)),
        unary("Convolutions.fold", columns, a -> Convolutions.fold(a, IMAGES, WINDOW)));
  }

  private List<Case> selection() {
    Indices repeated = new Indices(Shape.of(2, 3), new int[] {5, 0, 3, 3, 3, 1});
    return List.of(
        unary("Selection.gather", random(2, 4), x -> Selection.gather(x, repeated)),
        unary(
            "Selection.scatterAdd",
            random(2, 3),
            x -> Selection.scatterAdd(x, repeated, Shape.of(4, 2))),
        unary("Selection.maxPool", separated(2, 2, 4, 5), x -> Selection.maxPool(x, WINDOW)));
  }
}
