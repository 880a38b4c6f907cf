package org.samplegrad.benchmarks;

import java.util.SplittableRandom;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Tensor;

/** Seeded standard-normal numbers. */
final class RandomArrays {
  private RandomArrays() {}

  static float[] normal(int length) {
    SplittableRandom random = new SplittableRandom(length);
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  static Tensor normal(Backend backend, int... extents) {
    Shape shape = Shape.of(extents);
    return backend.tensor(shape, normal(shape.size()));
  }
}
