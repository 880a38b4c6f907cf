package org.samplegrad.core.passes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
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
import org.samplegrad.core.parameters.ParameterLayout;
import org.samplegrad.core.parameters.ParameterVector;
import org.samplegrad.core.persample.Quantity;

/** The second pass with what the first has kept of the evaluation. */
class ReusedResultsTest {
  private static final int SAMPLES = 5;

  /** Convolutions before a pool and not, of many terms and few. */
  private static final String MODEL =
      """
      {"input": [2, 20, 20],
       "layers": [{"conv2d": {"out": 16, "kernel": 5}}, "relu", {"maxpool2d": {"kernel": 2}},
                  {"conv2d": {"out": 30, "kernel": 6, "padding": 2}}, "relu",
                  {"conv2d": {"out": 12, "kernel": 3, "padding": 1}}, {"maxpool2d": {"kernel": 2}}, "relu",
                  {"conv2d": {"out": 13, "kernel": 2}}, "flatten",
                  {"linear": {"out": 520}}, "relu", {"linear": {"out": 5}}]}
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

  /**
   * Memory for nothing, for each number of results, and for more than all: a convolution (29,400
   * bytes), a pooled one (3,240), the outputs, and the gradients of two layers' inputs.
   */
  @ParameterizedTest
  @ValueSource(longs = {0, 29_400, 32_639, 32_640, 32_740, 33_780, 54_259, 54_260, 10_000_000})
  void hasTheSameBits(long bytes) {
    try (Backend backend = Backends.open("cpu", Precision.FLOAT32)) {
      KeptResults kept = KeptResults.within(bytes);
      Moments moments = moments(backend, parameters, kept);

      double[] reused = gradient(backend, moments, kept);

      assertThat(reused).isEqualTo(gradient(backend, moments, KeptResults.none()));
    }
  }

  @Test
  void keepsAllThatHasManyTerms() {
    try (Backend backend = Backends.open("cpu", Precision.FLOAT32)) {
      KeptResults kept = KeptResults.within(54_260);
      moments(backend, parameters, kept);

      try (KeptResults.Sequence sequence = kept.open()) {
        assertThat(sequence.next(SAMPLES * 30 * 7 * 7).argmax()).isNull();
        assertThat(sequence.next(SAMPLES * 12 * 3 * 3).argmax()).hasSize(SAMPLES * 12 * 3 * 3);
        assertThat(sequence.next(SAMPLES * 5)).isNotNull();
        assertThat(sequence.next(SAMPLES * 13 * 2 * 2)).isNotNull();
        assertThat(sequence.next(SAMPLES * 16 * 8 * 8)).isNotNull();
        assertThat(sequence.next(1)).isNull();
      }
    }
  }

  /** What the passes kept is of another scale than the quantities. */
  @Test
  void quantitiesAreOfTheReductionsScale() {
    try (LocalBatch batch =
        new LocalBatch(objective, parameters, block, Reduction.MEAN, Precision.FLOAT32)) {
      ParameterVector mean = batch.statistics().meanGradient();
      for (ParameterLayout.Entry entry : parameters.layout().entries()) {
        for (int use = 0; use < 2; use++) {
          double[] sum = batch.quantity(entry.name(), Quantity.GRADIENT);
          assertThat(Arrays.stream(sum).map(g -> g / SAMPLES).toArray())
              .containsExactly(mean.values(entry), within(1e-5 * mean.norm()));
        }
      }
    }
  }

  @Test
  void takesWhatWasKept() {
    try (Backend backend = Backends.open("cpu", Precision.FLOAT32)) {
      Moments moments = moments(backend, parameters, KeptResults.none());
      KeptResults ofOtherParameters = KeptResults.ofBlock();
      moments(backend, objective.model().initialParameters(1), ofOtherParameters);

      double[] reused = gradient(backend, moments, ofOtherParameters);

      assertThat(reused).isNotEqualTo(gradient(backend, moments, KeptResults.none()));
    }
  }
}
