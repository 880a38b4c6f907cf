package org.samplegrad.core.losses;

import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.samplegrad.core.backend.NaiveArray;
import org.samplegrad.core.backend.Shape;

/**
 * A loss with options, targets of {@link #SAMPLES} samples, and its formula for one sample in plain
 * arithmetic. Each loss has a case with its defaults, and each of its options a case that sets it.
 *
 * @param name of the loss on the command line
 * @param outputShape of one sample's prediction
 * @param denominator what a mean over the targets divides by
 */
record LossCase(
    String name,
    Map<String, String> options,
    Shape outputShape,
    double[] targetValues,
    Formula formula,
    double denominator) {
  static final int SAMPLES = 4;
  private static final int OUTPUTS = 3;

  private static final double[] LABELS = {0, 2, 1, 2};
  private static final double[] NUMBERS = {1, -2, 0.5, 0, 0, 0, 3, 2, 1, -1, 1, -1};
  private static final double[] ANSWERS = {1, 0, 1, 0, 0, 0, 1, 1, 1, 0.25, 1, 0};
  private static final double[] PROBABILITIES = {1, 0, 0, 0.2, 0.3, 0.5, 0, 0, 0, 0.5, 0.75, 1.5};

  /** {@code [n, p]} with 2 positions; -1 marks one that is left out. */
  private static final double[] LABELS_OF_POSITIONS = {0, 2, -1, 2, 1, 1, 0, -1};

  private static final double[] CLASS_WEIGHTS = {0.5, 2, 0};
  private static final String CLASS_WEIGHTS_TEXT = "0.5,2,0";

  private static final double[] ONES = {1, 1, 1};

  /** The loss of one sample: predictions {@code [k, p]} and targets, row-major. */
  @FunctionalInterface
  interface Formula {
    double of(double[] predictions, double[] targets);
  }

  @FunctionalInterface
  private interface Term {
    double of(int output, double z, double y);
  }

  static Stream<LossCase> all() {
    return Stream.of(
        vector("cross-entropy", Map.of(), LABELS, (z, y) -> surprise(z, 1, 0, (int) y[0]), 4),
        vector(
            "cross-entropy",
            Map.of("class-weights", CLASS_WEIGHTS_TEXT),
            LABELS,
            (z, y) -> CLASS_WEIGHTS[(int) y[0]] * surprise(z, 1, 0, (int) y[0]),
            2.5),
        vector(
            "cross-entropy",
            Map.of("ignore-index", "2"),
            LABELS,
            (z, y) -> y[0] == 2 ? 0 : surprise(z, 1, 0, (int) y[0]),
            2),
        vector(
            "cross-entropy",
            Map.of("label-smoothing", "0.3"),
            LABELS,
            (z, y) -> 0.7 * surprise(z, 1, 0, (int) y[0]) + 0.1 * surpriseOfAll(z, 1, 0, ONES),
            4),
        vector(
            "cross-entropy",
            Map.of(
                "label-smoothing", "0.3", "class-weights", CLASS_WEIGHTS_TEXT, "ignore-index", "0"),
            LABELS,
            (z, y) ->
                y[0] == 0
                    ? 0
                    : 0.7 * CLASS_WEIGHTS[(int) y[0]] * surprise(z, 1, 0, (int) y[0])
                        + 0.1 * surpriseOfAll(z, 1, 0, CLASS_WEIGHTS),
            2),
        vector(
            "cross-entropy",
            Map.of("target", "probabilities"),
            PROBABILITIES,
            (z, y) -> surpriseOfAll(z, 1, 0, y),
            4),
        vector(
            "cross-entropy",
            Map.of(
                "target",
                "probabilities",
                "label-smoothing",
                "0.3",
                "class-weights",
                CLASS_WEIGHTS_TEXT),
            PROBABILITIES,
            (z, y) ->
                surpriseOfAll(z, 1, 0, each(OUTPUTS, k -> CLASS_WEIGHTS[k] * (0.7 * y[k] + 0.1))),
            4),
        new LossCase(
            "cross-entropy",
            Map.of(
                "label-smoothing",
                "0.3",
                "class-weights",
                CLASS_WEIGHTS_TEXT,
                "ignore-index",
                "-1"),
            Shape.of(OUTPUTS, 2, 1),
            LABELS_OF_POSITIONS,
            (z, y) ->
                IntStream.range(0, 2)
                    .filter(q -> y[q] >= 0)
                    .mapToDouble(
                        q ->
                            0.7 * CLASS_WEIGHTS[(int) y[q]] * surprise(z, 2, q, (int) y[q])
                                + 0.1 * surpriseOfAll(z, 2, q, CLASS_WEIGHTS))
                    .sum(),
            5),
        new LossCase(
            "cross-entropy",
            Map.of("target", "probabilities", "class-weights", CLASS_WEIGHTS_TEXT),
            Shape.of(OUTPUTS, 2),
            new Random(3).doubles((long) SAMPLES * OUTPUTS * 2).toArray(),
            (z, y) ->
                IntStream.range(0, 2)
                    .mapToDouble(
                        q ->
                            surpriseOfAll(
                                z, 2, q, each(OUTPUTS, k -> CLASS_WEIGHTS[k] * y[2 * k + q])))
                    .sum(),
            8),
        vector("mse", Map.of(), NUMBERS, sumOverOutputs((k, z, y) -> (z - y) * (z - y)), 12),
        vector(
            "bce-with-logits",
            Map.of(),
            ANSWERS,
            sumOverOutputs((k, z, y) -> logistic(z, y, 1)),
            12),
        vector(
            "bce-with-logits",
            Map.of("pos-weight", "3"),
            ANSWERS,
            sumOverOutputs((k, z, y) -> logistic(z, y, 3)),
            12),
        vector(
            "bce-with-logits",
            Map.of("pos-weight", "3,1,0.5", "weight", CLASS_WEIGHTS_TEXT),
            ANSWERS,
            sumOverOutputs(
                (k, z, y) -> CLASS_WEIGHTS[k] * logistic(z, y, new double[] {3, 1, 0.5}[k])),
            12),
        vector("nll", Map.of(), LABELS, (z, y) -> -z[(int) y[0]], 4),
        vector(
            "nll",
            Map.of("class-weights", CLASS_WEIGHTS_TEXT, "ignore-index", "1"),
            LABELS,
            (z, y) -> y[0] == 1 ? 0 : -CLASS_WEIGHTS[(int) y[0]] * z[(int) y[0]],
            0.5),
        new LossCase(
            "nll",
            Map.of("ignore-index", "-1"),
            Shape.of(OUTPUTS, 1, 2),
            LABELS_OF_POSITIONS,
            (z, y) ->
                IntStream.range(0, 2)
                    .filter(q -> y[q] >= 0)
                    .mapToDouble(q -> -z[2 * (int) y[q] + q])
                    .sum(),
            6),
        vector("l1", Map.of(), NUMBERS, sumOverOutputs((k, z, y) -> Math.abs(z - y)), 12),
        vector("huber", Map.of(), NUMBERS, sumOverOutputs((k, z, y) -> huber(z - y, 1)), 12),
        vector(
            "huber",
            Map.of("delta", "0.4"),
            NUMBERS,
            sumOverOutputs((k, z, y) -> huber(z - y, 0.4)),
            12),
        vector("smooth-l1", Map.of(), NUMBERS, sumOverOutputs((k, z, y) -> huber(z - y, 1)), 12),
        vector(
            "smooth-l1",
            Map.of("beta", "0.4"),
            NUMBERS,
            sumOverOutputs((k, z, y) -> huber(z - y, 0.4) / 0.4),
            12));
  }

  private static LossCase vector(
      String name,
      Map<String, String> options,
      double[] targets,
      Formula formula,
      double denominator) {
    return new LossCase(name, options, Shape.of(OUTPUTS), targets, formula, denominator);
  }

  /** {@code -log p_k} at one of {@code positions}. */
  private static double surprise(double[] z, int positions, int position, int k) {
    double sum = 0;
    for (int i = position; i < z.length; i += positions) {
      sum += Math.exp(z[i]);
    }
    return Math.log(sum) - z[k * positions + position];
  }

  private static double surpriseOfAll(double[] z, int positions, int position, double[] factors) {
    return IntStream.range(0, factors.length)
        .mapToDouble(k -> factors[k] * surprise(z, positions, position, k))
        .sum();
  }

  private static double[] each(int count, IntToDoubleFunction value) {
    return IntStream.range(0, count).mapToDouble(value).toArray();
  }

  private static double logistic(double z, double y, double positiveWeight) {
    double probability = 1 / (1 + Math.exp(-z));
    return -positiveWeight * y * Math.log(probability) - (1 - y) * Math.log(1 - probability);
  }

  private static double huber(double x, double bound) {
    return Math.abs(x) < bound ? x * x / 2 : bound * (Math.abs(x) - bound / 2);
  }

  private static Formula sumOverOutputs(Term term) {
    return (z, y) -> IntStream.range(0, z.length).mapToDouble(k -> term.of(k, z[k], y[k])).sum();
  }

  Loss loss() {
    return LossKind.named(name).create(options);
  }

  Targets targets() {
    return new Targets(targetValues, targetValues.length / SAMPLES);
  }

  /** {@code [n, ...outputShape]}, the same in every call. */
  NaiveArray predictions() {
    return NaiveArray.random(new Random(5), outputShape.prepend(SAMPLES).extents());
  }

  /** The formula for every sample. */
  double[] expected() {
    NaiveArray predictions = predictions();
    int perSample = targets().perSample();
    return each(
        SAMPLES,
        n ->
            formula.of(
                predictions.sample(n).values(),
                Arrays.copyOfRange(targetValues, n * perSample, (n + 1) * perSample)));
  }

  @Override
  public String toString() {
    return name + " " + options + " of " + outputShape;
  }
}
