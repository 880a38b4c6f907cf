package org.samplegrad.core.passes;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Backends;
import org.samplegrad.core.backend.KeptResults;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.losses.CrossEntropy;
import org.samplegrad.core.models.Model;
import org.samplegrad.core.models.ModelSpec;
import org.samplegrad.core.moments.Cotangents;
import org.samplegrad.core.moments.Moments;
import org.samplegrad.core.moments.Reduction;
import org.samplegrad.core.moments.StandardFunctional;
import org.samplegrad.core.parameters.ParameterVector;

/** The second pass with what the first has kept of the evaluation. */
class RecalledResultsTest {
  private static final int SAMPLES = 5;

  /** Convolutions before a pool and not, of many terms and few. */
  private static final String MODEL =
      """
      {"input": [2, 20, 20],
       "layers": [{"conv2d": {"out": 16, "kernel": 5}}, "relu", {"maxpool2d": {"kernel": 2}},
                  {"conv2d": {"out": 30, "kernel": 4, "padding": 1}}, "relu",
                  {"conv2d": {"out": 6, "kernel": 3}}, {"maxpool2d": {"kernel": 2}}, "relu",
                  {"conv2d": {"out": 13, "kernel": 2}}, "flatten",
                  {"linear": {"out": 260}}, "relu", {"linear": {"out": 5}}]}
      """;

  private final Objective objective = new Objective(model(), new CrossEntropy());
  private final ParameterVector parameters = objective.model().initialParameters(0);
  private final Block block = block();

  private static Model model() {
    try {
      return ModelSpec.read(
          "model.json", new ByteArrayInputStream(MODEL.getBytes(StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Block block() {
    Random random = new Random(1);
    Shape shape = objective.model().inputShape();
    double[] inputs = random.doubles((long) SAMPLES * shape.size()).toArray();
    return Block.of(SAMPLES, shape, inputs, new double[] {0, 1, 2, 3, 4});
  }

  private Moments moments(Backend backend, ParameterVector given, KeptResults kept) {
    Moments moments = Moments.empty(given.layout());
    new MomentsPass(objective, given, backend).add(block, kept, moments);
    return moments;
  }

  private double[] gradient(Backend backend, Moments moments, KeptResults kept) {
    try (Backend float64 = Backends.open(Backends.AUTO, Precision.FLOAT64)) {
      Cotangents cotangents =
          Cotangents.of(StandardFunctional.TOTAL_VARIANCE, moments, Reduction.SUM, float64);
      double[] gradient = new double[parameters.layout().size()];
      new PullBackPass(objective, parameters, cotangents, backend).add(block, kept, gradient);
      return gradient;
    }
  }

  /** Memory for nothing, for some of the results, and for all. */
  @ParameterizedTest
  @ValueSource(longs = {0, 30_000, 50_000, 60_000, 70_000, 80_000, 100_000, 150_000, 10_000_000})
  void hasTheSameBits(long bytes) {
    try (Backend backend = Backends.open("cpu", Precision.FLOAT32)) {
      KeptResults kept = KeptResults.within(bytes);
      Moments moments = moments(backend, parameters, kept);

      double[] recalled = gradient(backend, moments, kept);

      assertThat(recalled).isEqualTo(gradient(backend, moments, KeptResults.none()));
    }
  }

  @Test
  void takesWhatWasKept() {
    try (Backend backend = Backends.open("cpu", Precision.FLOAT32)) {
      Moments moments = moments(backend, parameters, KeptResults.none());
      KeptResults ofOtherParameters = KeptResults.ofBlock();
      moments(backend, objective.model().initialParameters(1), ofOtherParameters);

      double[] recalled = gradient(backend, moments, ofOtherParameters);

      assertThat(recalled).isNotEqualTo(gradient(backend, moments, KeptResults.none()));
    }
  }
}
