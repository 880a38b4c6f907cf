package org.samplegrad.core.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samplegrad.core.ops.Elementwise.add;
import static org.samplegrad.core.ops.Elementwise.multiply;
import static org.samplegrad.core.ops.Elementwise.square;
import static org.samplegrad.core.ops.Shapes.sumAll;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.samplegrad.core.autograd.Gradients;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Backends;
import org.samplegrad.core.backend.NaiveArray;
import org.samplegrad.core.backend.NaiveArrays;
import org.samplegrad.core.backend.Precision;

/**
 * Compares first and second derivatives of a function with central differences, in float64.
 *
 * <p>The function's output {@code y} is contracted to {@code L = sum(u y + v y^2)} with random
 * weights. The square makes the cotangent of {@code y} depend on the inputs, so that the second
 * derivative runs through every product of a product even where the function is linear. Inputs must
 * lie further than {@link #STEP} from any kink.
 */
public final class SecondOrderCheck {
  private static final double STEP = 1e-4;
  private static final double GRADIENT_TOLERANCE = 1e-6;
  private static final double SECOND_ORDER_TOLERANCE = 1e-5;
  private static final int DIRECTIONS = 2;
  private static final long SEED = 7;

  private final Function<List<Variable>, Variable> function;
  private final List<NaiveArray> point;
  private final Random random = new Random(SEED);
  private final Backend backend;
  private final NaiveArray linearWeights;
  private final NaiveArray squareWeights;

  private SecondOrderCheck(
      Backend backend, List<NaiveArray> inputs, Function<List<Variable>, Variable> function) {
    this.backend = backend;
    this.function = function;
    this.point = inputs;
    int[] outputExtents = backend.scoped(() -> function.apply(constants(inputs)).shape().extents());
    this.linearWeights = NaiveArray.random(random, outputExtents);
    this.squareWeights = NaiveArray.positive(random, outputExtents);
  }

  /** Fails unless the first and second derivatives of the function at these inputs are right. */
  public static void check(List<NaiveArray> inputs, Function<List<Variable>, Variable> function) {
    try (Backend backend = Backends.open(Backends.AUTO, Precision.FLOAT64)) {
      SecondOrderCheck check = new SecondOrderCheck(backend, inputs, function);
      check.checkGradientOfEachInput();
      check.checkSecondOrderOverAllInputs();
    }
  }

  private void checkGradientOfEachInput() {
    List<NaiveArray> gradient = gradient(point);
    for (int i = 0; i < point.size(); i++) {
      assertThat(norm(gradient.get(i))).as("gradient of input %d", i).isPositive();
      for (int repetition = 0; repetition < DIRECTIONS; repetition++) {
        List<NaiveArray> direction = new ArrayList<>(point.stream().map(this::zeros).toList());
        direction.set(i, NaiveArray.random(random, point.get(i).shape().extents()));
        double expected =
            (value(moved(direction, STEP)) - value(moved(direction, -STEP))) / (2 * STEP);
        double found = dot(gradient.get(i), direction.get(i));
        double magnitude = norm(gradient.get(i)) * norm(direction.get(i));
        assertThat(Math.abs(found - expected))
            .as("derivative along input %d: %s, by differences %s", i, found, expected)
            .isLessThanOrEqualTo(GRADIENT_TOLERANCE * magnitude);
      }
    }
  }

  private void checkSecondOrderOverAllInputs() {
    for (int repetition = 0; repetition < DIRECTIONS; repetition++) {
      List<NaiveArray> direction =
          point.stream().map(x -> NaiveArray.random(random, x.shape().extents())).toList();
      List<NaiveArray> product = hessianTimes(direction);
      List<NaiveArray> ahead = gradient(moved(direction, STEP));
      List<NaiveArray> behind = gradient(moved(direction, -STEP));
      for (int i = 0; i < point.size(); i++) {
        NaiveArray expected =
            NaiveArrays.combine(ahead.get(i), behind.get(i), (a, b) -> (a - b) / (2 * STEP));
        NaiveArray difference = NaiveArrays.combine(product.get(i), expected, (a, b) -> a - b);
        assertThat(norm(product.get(i))).as("second derivative of input %d", i).isPositive();
        assertThat(norm(difference))
            .as("second derivative of input %d: %s, by differences %s", i, product.get(i), expected)
            .isLessThanOrEqualTo(SECOND_ORDER_TOLERANCE * norm(expected));
      }
    }
  }

  private Variable contracted(List<Variable> inputs) {
    Variable y = function.apply(inputs);
    Variable linear = multiply(Variable.constant(linearWeights.on(backend)), y);
    Variable squared = multiply(Variable.constant(squareWeights.on(backend)), square(y));
    return sumAll(add(linear, squared));
  }

  private double value(List<NaiveArray> inputs) {
    return backend.scoped(() -> contracted(constants(inputs)).item());
  }

  private List<NaiveArray> gradient(List<NaiveArray> inputs) {
    return backend.scoped(
        () -> {
          List<Variable> leaves = leaves(inputs);
          return read(Gradients.constantsOf(contracted(leaves), leaves));
        });
  }

  /** The product of the second derivative with a direction, as the gradient of {@code <g, d>}. */
  private List<NaiveArray> hessianTimes(List<NaiveArray> direction) {
    return backend.scoped(
        () -> {
          List<Variable> leaves = leaves(point);
          List<Variable> gradient = Gradients.of(contracted(leaves), leaves);
          Variable along =
              IntStream.range(0, leaves.size())
                  .mapToObj(
                      i ->
                          sumAll(
                              multiply(
                                  gradient.get(i),
                                  Variable.constant(direction.get(i).on(backend)))))
                  .reduce(Elementwise::add)
                  .orElseThrow();
          return read(Gradients.constantsOf(along, leaves));
        });
  }

  private List<NaiveArray> moved(List<NaiveArray> direction, double step) {
    return IntStream.range(0, point.size())
        .mapToObj(i -> NaiveArrays.combine(point.get(i), direction.get(i), (x, d) -> x + step * d))
        .toList();
  }

  private List<Variable> leaves(List<NaiveArray> arrays) {
    return arrays.stream().map(array -> Variable.leaf(array.on(backend))).toList();
  }

  private List<Variable> constants(List<NaiveArray> arrays) {
    return arrays.stream().map(array -> Variable.constant(array.on(backend))).toList();
  }

  private List<NaiveArray> read(List<Variable> variables) {
    return variables.stream()
        .map(v -> new NaiveArray(v.shape(), backend.toDoubles(v.value())))
        .toList();
  }

  private NaiveArray zeros(NaiveArray like) {
    return NaiveArrays.map(like, x -> 0);
  }

  private static double dot(NaiveArray a, NaiveArray b) {
    double sum = 0;
    for (int i = 0; i < a.values().length; i++) {
      sum += a.values()[i] * b.values()[i];
    }
    return sum;
  }

  private static double norm(NaiveArray x) {
    return Math.sqrt(dot(x, x));
  }
}
