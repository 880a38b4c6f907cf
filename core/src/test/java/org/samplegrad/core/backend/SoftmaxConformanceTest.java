package org.samplegrad.core.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

/**
 * The softmax and its derivatives against their definitions in 60 digits: each element keeps its
 * own digits, however small it is beside the others.
 */
class SoftmaxConformanceTest extends BackendConformance {
  /** Confident, two large ones that are nearly and exactly equal, undecided, one class. */
  private static final double[][] SCORES = {
    {18, 0.5, -1, 0.25},
    {-20, -1, 12, -3},
    {0.125, -0.5, 1, 0.75},
    {9, 9.0625, -7, -12},
    {7, -5, 7, -9},
    {3, 3, 3, 3},
    {30, -30, 10, 31},
  };

  private static final double[] MULTIPLIERS = {1, -0.5, 0.25, 3};

  SoftmaxConformanceTest(Choice choice) {
    super(choice);
  }

  /** Each element to within some roundings of its own size. */
  private void assertEachElement(Tensor found, double[] expected) {
    double[] values = backend.toDoubles(found);
    for (int i = 0; i < expected.length; i++) {
      assertThat(values[i])
          .as("element %d", i)
          .isCloseTo(expected[i], rounding(Math.abs(expected[i])));
    }
  }

  private Tensor row(double... values) {
    return input(Shape.of(1, values.length), values);
  }

  @ConformanceCase("softmax(Tensor,int)")
  void probabilitiesKeepTheirDigits() {
    for (double[] scores : SCORES) {
      double[] expected = new ExactSoftmax(scores).probabilities();
      assertEachElement(backend.softmax(row(scores), 1), expected);
    }
    assertValues(backend.softmax(row(1e4, -1e4), 1), 1, 0);
    assertValues(backend.softmax(row(Double.NEGATIVE_INFINITY, 3, 3), 1), 0, 0.5, 0.5);
    assertValues(backend.softmax(row(-5), 1), 1);
    assertRefused(() -> backend.softmax(input(random(2, 3)), 2));
  }

  @ConformanceCase("logSoftmax(Tensor,int)")
  void logarithmsOfProbabilitiesNearOneKeepTheirDigits() {
    for (double[] scores : SCORES) {
      double[] expected = new ExactSoftmax(scores).logarithms();
      LogProbabilities found = backend.logSoftmax(row(scores), 1);
      assertEachElement(found.logarithms(), expected);
      assertEachElement(found.probabilities(), new ExactSoftmax(scores).probabilities());
    }
    assertThat(backend.toDoubles(backend.logSoftmax(row(-5), 1).logarithms())[0]).isZero();
    assertRefused(() -> backend.logSoftmax(input(random(2, 3)), 2));
  }

  @ConformanceCase("logSoftmaxPushForward(Tensor,Tensor,int)")
  void changesOfTheLogarithmsKeepTheirDigits() {
    for (double[] scores : SCORES) {
      Tensor p = backend.softmax(row(scores), 1);
      Tensor found = backend.logSoftmaxPushForward(p, row(MULTIPLIERS), 1);
      assertEachElement(found, new ExactSoftmax(scores).pushForward(MULTIPLIERS));
    }
    assertRefused(() -> backend.logSoftmaxPushForward(input(random(2, 3)), input(random(3)), 1));
  }

  @ConformanceCase("logSoftmaxPullBack(Tensor,Tensor,int)")
  void gradientsOfTheScoresKeepTheirDigits() {
    double[][] cotangents = {{-1, 0, 0, 0}, {0, 0, -2, 0}, {0, -1, 0, 0}, {-0.5, 0, -0.5, 0}};
    for (double[] scores : SCORES) {
      for (double[] cotangent : cotangents) {
        Tensor p = backend.softmax(row(scores), 1);
        Tensor found = backend.logSoftmaxPullBack(p, row(cotangent), 1);
        double[] expected = new ExactSoftmax(scores).pullBack(cotangent);
        double[] values = backend.toDoubles(found);
        for (int k = 0; k < expected.length; k++) {
          // Half and half is what the last cotangent asks for: there the terms cancel.
          double magnitude = Math.max(Math.abs(expected[k]), cotangent[k] == -0.5 ? 1 : 0);
          assertThat(values[k])
              .as("gradient of score %d", k)
              .isCloseTo(expected[k], rounding(magnitude));
        }
      }
    }
    assertRefused(() -> backend.logSoftmaxPullBack(input(random(2, 3)), input(random(3)), 1));
  }

  /** The axis may be any: {@code [2,3,4]} is the same as each of its rows. */
  @ConformanceCase("logSoftmaxPullBack(Tensor,Tensor,int)")
  void everyAxisIsLikeTheLast() {
    NaiveArray x = random(3, 4, 5);
    NaiveArray t = random(3, 4, 5);
    for (int axis = 0; axis < 3; axis++) {
      int[] order = {0, 1, 2};
      order[axis] = 2;
      order[2] = axis;
      Tensor scores = input(NaiveArrays.transpose(x, order));
      Tensor other = input(NaiveArrays.transpose(t, order));
      Tensor p = backend.softmax(scores, axis);
      Tensor last = backend.softmax(input(x), 2);
      assertSame(p, last, order);
      assertSame(
          backend.logSoftmax(scores, axis).logarithms(),
          backend.logSoftmax(input(x), 2).logarithms(),
          order);
      assertSame(
          backend.logSoftmaxPushForward(p, other, axis),
          backend.logSoftmaxPushForward(last, input(t), 2),
          order);
      assertSame(
          backend.logSoftmaxPullBack(p, other, axis),
          backend.logSoftmaxPullBack(last, input(t), 2),
          order);
    }
  }

  private void assertSame(Tensor found, Tensor expected, int... order) {
    double[] values = backend.toDoubles(backend.transpose(expected, order));
    assertThat(backend.toDoubles(found)).containsExactly(values, within(1e-5));
  }

  @ConformanceCase("softmax(Tensor,int)")
  void thousandsOfScoresAddUp() {
    NaiveArray x = random(3, 4000);
    Tensor p = backend.softmax(input(x), 1);
    for (double sum : backend.toDoubles(backend.sum(p, 1))) {
      assertThat(sum).isCloseTo(1, rounding(1));
    }
    double[] mean =
        backend.toDoubles(
            backend.sum(backend.multiply(p, backend.logSoftmaxPushForward(p, input(x), 1)), 1));
    assertThat(mean).containsExactly(new double[3], within(rounding(1).value));
  }
}
