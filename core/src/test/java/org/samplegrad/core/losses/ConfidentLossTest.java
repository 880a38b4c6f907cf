package org.samplegrad.core.losses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.samplegrad.core.autograd.Gradients;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Backends;
import org.samplegrad.core.backend.ExactSoftmax;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.ops.Elementwise;
import org.samplegrad.core.ops.Shapes;
import org.samplegrad.core.ops.SoftmaxFamily;

/**
 * Where a model is sure, a loss, its gradient and its Hessian's products are small numbers, each of
 * which keeps its digits: against their definitions in 60 digits, in both precisions.
 */
class ConfidentLossTest {
  private static final int ROUNDINGS = 256;

  /**
   * @param predictions what the loss is given for the scores
   * @param targets t of {@code -sum_k t_k log p_k}
   */
  private record Case(
      String name,
      Loss loss,
      UnaryOperator<Variable> predictions,
      double[] label,
      double[] scores,
      double[] targets) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Loss crossEntropy(Map<String, String> options) {
    return LossKind.named("cross-entropy").create(options);
  }

  private static double[] oneHot(int classes, int label, double weight) {
    double[] t = new double[classes];
    t[label] = weight;
    return t;
  }

  private static Case labelled(String name, int label, double... scores) {
    return new Case(
        name,
        crossEntropy(Map.of()),
        z -> z,
        new double[] {label},
        scores,
        oneHot(scores.length, label, 1));
  }

  private static double[] thousandScores() {
    Random random = new Random(11);
    double[] scores = new double[1000];
    Arrays.setAll(scores, k -> Math.rint(random.nextGaussian() * 64) / 64);
    scores[700] = 25;
    return scores;
  }

  static Stream<Case> cases() {
    double[] sure = {18.5, -1.25, 0.5, 2};
    return Stream.of(
        labelled("sure and right", 0, sure),
        labelled("sure and wrong", 2, sure),
        labelled("two classes, right", 1, -16, 15.5),
        labelled("two classes, wrong", 0, -16, 15.5),
        labelled("two large scores, nearly equal", 0, 20, 19.75, -3, 1),
        labelled("two large scores, equal", 1, 20, 20, -3, 1),
        labelled("all equal", 1, 2, 2, 2),
        labelled("undecided", 2, 0.5, -0.25, 0.125),
        labelled("beyond what float32 can tell from 1", 3, -40, 3, 1, 45),
        labelled("a thousand classes, right", 700, thousandScores()),
        labelled("a thousand classes, wrong", 3, thousandScores()),
        new Case(
            "class weights",
            crossEntropy(Map.of("class-weights", "0.5,3,1,0.25")),
            z -> z,
            new double[] {0},
            sure,
            oneHot(4, 0, 0.5)),
        new Case(
            "label smoothing",
            crossEntropy(Map.of("label-smoothing", "0.25")),
            z -> z,
            new double[] {0},
            sure,
            new double[] {0.8125, 0.0625, 0.0625, 0.0625}),
        new Case(
            "probabilities, some of them 0",
            crossEntropy(Map.of("target", "probabilities")),
            z -> z,
            new double[] {0.75, 0, 0.25, 0},
            sure,
            new double[] {0.75, 0, 0.25, 0}),
        new Case(
            "a probability of 1",
            crossEntropy(Map.of("target", "probabilities")),
            z -> z,
            new double[] {1, 0, 0, 0},
            sure,
            oneHot(4, 0, 1)),
        new Case(
            "a log-softmax of the model before nll",
            LossKind.named("nll").create(Map.of()),
            z -> SoftmaxFamily.logSoftmax(z, 1),
            new double[] {0},
            sure,
            oneHot(4, 0, 1)));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void crossEntropyKeepsItsDigits(Case given) {
    ExactSoftmax softmax = new ExactSoftmax(given.scores());
    double[] logarithms = softmax.logarithms();
    double[] probabilities = softmax.probabilities();
    double[] t = given.targets();
    double[] minusTargets = Arrays.stream(t).map(value -> -value).toArray();
    double total = Arrays.stream(t).sum();
    double[] direction = new double[t.length];
    Arrays.setAll(direction, k -> 1 + (k * 7 % 5) / 4.0 + k * k / 64.0);
    double[] change = softmax.pushForward(direction);
    double loss = 0;
    double[] product = new double[t.length];
    for (int k = 0; k < t.length; k++) {
      loss -= t[k] == 0 ? 0 : t[k] * logarithms[k];
      product[k] = total * probabilities[k] * change[k];
    }
    for (Precision precision : Precision.values()) {
      assertKeepsDigits(
          precision,
          given.loss(),
          given.predictions(),
          given.label(),
          given.scores(),
          direction,
          new Derivatives(loss, softmax.pullBack(minusTargets), product));
    }
  }

  private record Derivatives(double loss, double[] gradient, double[] hessianProduct) {}

  private static void assertKeepsDigits(
      Precision precision,
      Loss loss,
      UnaryOperator<Variable> predictions,
      double[] label,
      double[] scores,
      double[] direction,
      Derivatives expected) {
    try (Backend backend = Backends.open(Backends.AUTO, precision)) {
      Shape shape = Shape.of(1, scores.length);
      Variable z = Variable.leaf(backend.tensor(shape, scores));
      Variable losses = loss.losses(predictions.apply(z), new Targets(label, label.length));
      Variable gradient = Gradients.of(Shapes.sumAll(losses), List.of(z)).get(0);
      Variable u = Variable.constant(backend.tensor(shape, direction));
      Variable along = Shapes.sumAll(Elementwise.multiply(gradient, u));
      Variable product = Gradients.constantsOf(along, List.of(z)).get(0);

      double rounding = ROUNDINGS * precision.unitRoundoff();
      assertEach(rounding, losses, expected.loss());
      assertEach(rounding, gradient, expected.gradient());
      assertEach(rounding, product, expected.hessianProduct());
    }
  }

  /** Each number to a part of its own size. */
  private static void assertEach(double rounding, Variable found, double... expected) {
    double[] values = found.backend().toDoubles(found.value());
    for (int k = 0; k < expected.length; k++) {
      assertThat(values[k])
          .as("element %d in %s", k, found.backend().precision())
          .isCloseTo(expected[k], within(rounding * Math.abs(expected[k])));
    }
  }

  static Stream<double[]> logits() {
    return Stream.of(
        new double[] {40, 1},
        new double[] {40, 0},
        new double[] {-40, 1},
        new double[] {-40, 0},
        new double[] {12, 1},
        new double[] {-12, 1},
        new double[] {0.25, 0},
        new double[] {0, 1});
  }

  @ParameterizedTest
  @MethodSource("logits")
  void binaryCrossEntropyKeepsItsDigits(double[] logitAndLabel) {
    double logit = logitAndLabel[0];
    double label = logitAndLabel[1];
    double positive = 3;
    // The softmax of two scores: p of the label and of the other.
    ExactSoftmax softmax = new ExactSoftmax(logit, 0);
    double[] p = softmax.probabilities();
    double[] logarithms = softmax.logarithms();
    Derivatives expected =
        label == 1
            ? new Derivatives(
                -positive * logarithms[0],
                new double[] {-positive * p[1]},
                new double[] {positive * p[0] * p[1]})
            : new Derivatives(-logarithms[1], new double[] {p[0]}, new double[] {p[0] * p[1]});
    Loss loss = LossKind.named("bce-with-logits").create(Map.of("pos-weight", "3"));
    for (Precision precision : Precision.values()) {
      assertKeepsDigits(
          precision,
          loss,
          z -> z,
          new double[] {label},
          new double[] {logit},
          new double[] {1},
          expected);
    }
  }
}
