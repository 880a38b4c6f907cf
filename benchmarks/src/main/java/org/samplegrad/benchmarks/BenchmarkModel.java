package org.samplegrad.benchmarks;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.SplittableRandom;
import org.samplegrad.core.backend.Backends;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.losses.LossKind;
import org.samplegrad.core.models.ModelSpec;
import org.samplegrad.core.passes.Block;
import org.samplegrad.core.passes.Objective;

/** The models of the comparison, with the loss they are trained by. */
final class BenchmarkModel {
  private BenchmarkModel() {}

  /**
   * @param name of a file in {@code models}, without its ending
   */
  static Objective objective(String name) {
    String file = name + ".json";
    try (InputStream stream = BenchmarkModel.class.getResourceAsStream("models/" + file)) {
      if (stream == null) {
        throw new IllegalArgumentException("There is no benchmark model '%s'".formatted(name));
      }
      return new Objective(ModelSpec.read(file, stream), LossKind.named("cross-entropy").create());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The block size that the job would choose. */
  static int blockSize(Objective objective) {
    Precision precision = Precision.FLOAT32;
    return objective.blockSize(Backends.provider(Backends.AUTO, precision), precision);
  }

  /** Standard-normal samples with random classes. */
  static Block block(Objective objective, int samples) {
    Shape shape = objective.model().inputShape();
    SplittableRandom random = new SplittableRandom(1);
    double[] targets = new double[samples * objective.target().perSample()];
    for (int i = 0; i < targets.length; i++) {
      targets[i] = objective.target().draw(random);
    }
    return Block.of(samples, shape, RandomArrays.normal(shape.prepend(samples).size()), targets);
  }
}
