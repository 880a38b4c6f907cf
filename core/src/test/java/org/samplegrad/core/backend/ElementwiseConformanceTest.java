package org.samplegrad.core.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import java.util.stream.DoubleStream;

class ElementwiseConformanceTest extends BackendConformance {
  private static final double INFINITY = Double.POSITIVE_INFINITY;

  /** Logits far beyond where {@code exp} overflows, in float32 and float64. */
  private static final double EXTREME = 1000;

  /** Pairs of shapes that broadcast, each tried in both orders. */
  private static final List<List<Shape>> BROADCASTING =
      List.of(
          List.of(Shape.of(3, 4), Shape.of(3, 4)),
          List.of(Shape.of(3, 4), Shape.scalar()),
          List.of(Shape.of(3, 4), Shape.of(1)),
          List.of(Shape.of(3, 4), Shape.of(4)),
          List.of(Shape.of(3, 4), Shape.of(3, 1)),
          List.of(Shape.of(3, 1), Shape.of(1, 4)),
          List.of(Shape.of(3), Shape.of(4, 1)),
          List.of(Shape.of(2, 3, 4, 5), Shape.of(3, 1, 1)),
          List.of(Shape.of(2, 1, 4, 1), Shape.of(3, 1, 5)),
          List.of(Shape.of(1, 1), Shape.of(1)),
          List.of(Shape.of(5, 1, 2), Shape.of(1, 2)),
          List.of(Shape.of(2, 3, 8, 8), Shape.of(3, 1, 1)),
          List.of(Shape.of(3, 40), Shape.of(3, 1)),
          List.of(Shape.of(1, 40), Shape.of(3, 1)),
          List.of(Shape.of(5, 9), Shape.of(1, 1)),
          List.of(Shape.scalar(), Shape.scalar()));

  ElementwiseConformanceTest(Choice choice) {
    super(choice);
  }

  private void assertBroadcasts(BinaryOperator<Tensor> operation, DoubleBinaryOperator expected) {
    for (List<Shape> shapes : BROADCASTING) {
      NaiveArray a = NaiveArray.positive(random, shapes.get(0).extents());
      NaiveArray b = NaiveArray.positive(random, shapes.get(1).extents());
      assertEqual(operation.apply(input(a), input(b)), NaiveArrays.combine(a, b, expected));
      assertEqual(operation.apply(input(b), input(a)), NaiveArrays.combine(b, a, expected));
      assertEqual(operation.apply(input(a), input(a)), NaiveArrays.combine(a, a, expected));
    }
    assertRefused(() -> operation.apply(input(random(3, 4)), input(random(3))));
    assertRefused(() -> operation.apply(input(random(2, 3)), input(random(4, 3))));
    assertRefused(() -> operation.apply(input(random(2, 3)), input(random(3, 2))));
  }

  @ConformanceCase("add(Tensor,Tensor)")
  void addBroadcasts() {
    assertBroadcasts(backend::add, Double::sum);
  }

  @ConformanceCase("subtract(Tensor,Tensor)")
  void subtractBroadcasts() {
    assertBroadcasts(backend::subtract, (a, b) -> a - b);
  }

  @ConformanceCase("multiply(Tensor,Tensor)")
  void multiplyBroadcasts() {
    assertBroadcasts(backend::multiply, (a, b) -> a * b);
  }

  @ConformanceCase("divide(Tensor,Tensor)")
  void divideBroadcasts() {
    assertBroadcasts(backend::divide, (a, b) -> a / b);
  }

  @ConformanceCase("divide(Tensor,Tensor)")
  void divisionByZeroFollowsTheFloatingPointStandard() {
    Tensor quotient = backend.divide(input(Shape.of(3), 1, -1, 0), input(Shape.of(3), 0, 0, 0));

    assertValues(quotient, INFINITY, -INFINITY, Double.NaN);
  }

  private void assertEachElement(
      UnaryOperator<Tensor> operation, DoubleUnaryOperator expected, NaiveArray x) {
    NaiveArray one = NaiveArray.of(Shape.scalar(), x.values()[0]);
    assertEqual(operation.apply(input(x)), NaiveArrays.map(x, expected));
    assertEqual(operation.apply(input(one)), NaiveArrays.map(one, expected));
  }

  @ConformanceCase("scale(Tensor,double)")
  void scaleMultipliesByANumber() {
    assertEachElement(x -> backend.scale(x, -0.375), x -> -0.375 * x, random(2, 3, 4));
    assertValues(backend.scale(input(Shape.of(2), 3, -1), 0), 0, -0.0);
  }

  @ConformanceCase("square(Tensor)")
  void squares() {
    assertEachElement(backend::square, x -> x * x, random(4, 5));
  }

  @ConformanceCase("sqrt(Tensor)")
  void takesSquareRoots() {
    assertEachElement(backend::sqrt, Math::sqrt, NaiveArray.positive(random, 4, 5));
    assertValues(backend.sqrt(input(Shape.of(3), 0, INFINITY, -1)), 0, INFINITY, Double.NaN);
  }

  @ConformanceCase("exp(Tensor)")
  void exponentiates() {
    assertEachElement(backend::exp, Math::exp, random(4, 5));
    assertValues(
        backend.exp(input(Shape.of(4), EXTREME, -EXTREME, -INFINITY, Double.NaN)),
        INFINITY,
        0,
        0,
        Double.NaN);
  }

  /** From where it is no normal number to where it overflows, to a few units in the last place. */
  @ConformanceCase("exp(Tensor)")
  void exponentiatesWithSmallRelativeErrors() {
    double precision = choice.precision() == Precision.FLOAT32 ? 0x1p-23 : 0x1p-52;
    double smallest = choice.precision() == Precision.FLOAT32 ? Float.MIN_VALUE : Double.MIN_VALUE;
    double[] x = DoubleStream.iterate(-110, value -> value < 88.7, value -> value + 0.25).toArray();

    double[] found = backend.toDoubles(backend.exp(input(Shape.of(x.length), x)));

    for (int i = 0; i < x.length; i++) {
      double expected = Math.exp(x[i]);
      assertThat(found[i]).isCloseTo(expected, within(4 * precision * expected + smallest));
    }
    assertValues(backend.exp(input(Shape.of(2), 0, -0.0)), 1, 1);
  }

  @ConformanceCase("log(Tensor)")
  void takesLogarithms() {
    assertEachElement(backend::log, Math::log, NaiveArray.positive(random, 4, 5));
    assertValues(
        backend.log(input(Shape.of(4), 1, 0, INFINITY, -1)), 0, -INFINITY, INFINITY, Double.NaN);
  }

  @ConformanceCase("tanh(Tensor)")
  void takesHyperbolicTangents() {
    assertEachElement(backend::tanh, Math::tanh, random(4, 5));
    assertValues(
        backend.tanh(input(Shape.of(4), EXTREME, -EXTREME, 0, Double.NaN)), 1, -1, 0, Double.NaN);
  }

  @ConformanceCase("sigmoid(Tensor)")
  void takesSigmoids() {
    assertEachElement(backend::sigmoid, x -> 1 / (1 + Math.exp(-x)), random(4, 5));
    assertValues(
        backend.sigmoid(input(Shape.of(4), EXTREME, -EXTREME, 0, Double.NaN)),
        1,
        0,
        0.5,
        Double.NaN);
  }

  /** Correctly rounded to double, over the ranges where implementations change their formula. */
  private static final double[][] ERROR_FUNCTION = {
    {0x1p-60, 9.78712915481871e-19},
    {1e-10, 1.1283791670955126e-10},
    {1e-5, 1.1283791670579e-05},
    {0.015625, 0.017629489782642005},
    {0.25, 0.2763263901682369},
    {0.5, 0.5204998778130465},
    {0.84375, 0.7672256612323416},
    {1, 0.8427007929497149},
    {1.25, 0.9229001282564582},
    {2, 0.9953222650189527},
    {2.875, 0.9999521451602562},
    {3.5, 0.9999992569016276},
    {5.9375, 1.0},
  };

  @ConformanceCase("erf(Tensor)")
  void takesErrorFunctionsToTheLastDigits() {
    for (double[] pair : ERROR_FUNCTION) {
      double x = backend.toDoubles(backend.tensor(Shape.scalar(), new double[] {pair[0]}))[0];
      Tensor y = backend.erf(backend.tensor(Shape.of(2), new double[] {x, -x}));
      double expected = pair[1] + 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * (x - pair[0]);
      double tolerance = 4 * backend.precision().unitRoundoff() * expected;

      assertThat(backend.toDoubles(y)[0]).isCloseTo(expected, within(tolerance));
      assertThat(backend.toDoubles(y)[1]).isCloseTo(-expected, within(tolerance));
    }
  }

  @ConformanceCase("erf(Tensor)")
  void errorFunctionsSaturate() {
    double[] special = {EXTREME, -EXTREME, INFINITY, -INFINITY, 0, Double.NaN};
    assertValues(backend.erf(input(Shape.of(6), special)), 1, -1, 1, -1, 0, Double.NaN);
  }

  @ConformanceCase("softplus(Tensor)")
  void takesSoftplusWithoutOverflow() {
    assertEachElement(backend::softplus, x -> Math.log1p(Math.exp(x)), random(4, 5));
    assertValues(
        backend.softplus(input(Shape.of(5), EXTREME, -EXTREME, INFINITY, -INFINITY, Double.NaN)),
        EXTREME,
        0,
        INFINITY,
        0,
        Double.NaN);
  }

  @ConformanceCase("softplus(Tensor)")
  void softplusOfAVeryNegativeNumberKeepsItsDigits() {
    double x = -30;
    double expected = Math.log1p(Math.exp(x));

    double found = backend.toDoubles(backend.softplus(input(Shape.of(1), x)))[0];

    assertThat(found).isCloseTo(expected, rounding(expected));
  }

  @ConformanceCase("relu(Tensor)")
  void reluKeepsPositiveNumbersAndNaN() {
    assertEachElement(backend::relu, x -> Math.max(x, 0), random(4, 5));
    Tensor special = backend.relu(input(Shape.of(5), INFINITY, -INFINITY, Double.NaN, 0, -0.0));

    assertThat(backend.toDoubles(special)).startsWith(INFINITY, 0, Double.NaN, 0);
    assertThat(backend.toDoubles(special)[4]).isZero();
  }

  @ConformanceCase("step(Tensor)")
  void stepIsOneOnlyAboveZero() {
    assertEachElement(backend::step, x -> x > 0 ? 1 : 0, random(4, 5));
    assertValues(
        backend.step(input(Shape.of(6), INFINITY, -INFINITY, Double.NaN, 0, -0.0, 0x1p-100)),
        1,
        0,
        0,
        0,
        0,
        1);
  }

  @ConformanceCase("maskPositive(Tensor,Tensor)")
  void keepsWhatBelongsToPositiveNumbers() {
    NaiveArray gradient = random(4, 5);
    NaiveArray x = random(4, 5);
    assertEqual(
        backend.maskPositive(input(gradient), input(x)),
        NaiveArrays.combine(gradient, x, (g, value) -> value > 0 ? g : 0));
    double[] special = {INFINITY, -INFINITY, 0, -0.0, 0x1p-149, -0x1p-149, 0x1p-126, 0x1p100};
    Tensor ones = backend.fill(Shape.of(special.length), 1);
    double[] masked =
        backend.toDoubles(backend.maskPositive(ones, input(Shape.of(special.length), special)));
    for (int i = 0; i < special.length; i++) {
      assertThat(Math.abs(masked[i])).isEqualTo(special[i] > 0 ? 1 : 0);
    }
    assertRefused(() -> backend.maskPositive(input(random(4, 5)), input(random(5))));
  }

  @ConformanceCase("addScaled(Tensor,Tensor,Tensor)")
  void addsEachSampleWithAFactorOfItsOwn() {
    NaiveArray base = random(3, 4, 50);
    NaiveArray x = random(3, 4, 50);
    NaiveArray factors = random(3);
    NaiveArray scaled = NaiveArrays.combine(factors.reshape(3, 1, 1), x, (f, value) -> f * value);
    assertEqual(
        backend.addScaled(input(base), input(factors), input(x)),
        NaiveArrays.combine(base, scaled, Double::sum));
    assertRefused(() -> backend.addScaled(input(random(3, 4)), input(factors), input(x)));
    assertRefused(() -> backend.addScaled(input(base), input(random(4)), input(x)));
  }
}
