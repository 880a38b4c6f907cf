package org.samplegrad.core.backend.cpu.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;

/**
 * Random arguments of kernels, and whether two results are the same: those of vectors and of the
 * plain loops they are compared with.
 */
final class KernelArrays {
  private static final float ROUNDING = 1e-5f;

  private final Random random = new Random(7);

  /** Numbers from -1 to 1. */
  float[] floats(int length) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = 2 * random.nextFloat() - 1;
    }
    return values;
  }

  /** Indices below a bound. */
  int[] indices(int count, int bound) {
    return random.ints(count, 0, bound).toArray();
  }

  int index(int bound) {
    return random.nextInt(bound);
  }

  /** What a kernel writes to, and to nothing beside that. */
  @FunctionalInterface
  interface Written {
    void by(VectorKernels kernels, float[] y);
  }

  /** Compares what is written over the same numbers, which are sums in the same order. */
  void assertSame(VectorKernels kernels, int length, Written work) {
    float[] before = floats(length);
    float[] found = before.clone();
    float[] expected = before.clone();
    work.by(kernels, found);
    work.by(VectorKernels.plain(kernels.lanes()), expected);
    assertThat(found).isEqualTo(expected);
  }

  /** The same of sums in any order. */
  void assertClose(VectorKernels kernels, int length, int terms, Written work) {
    float[] before = floats(length);
    float[] found = before.clone();
    float[] expected = before.clone();
    work.by(kernels, found);
    work.by(VectorKernels.plain(kernels.lanes()), expected);
    for (int i = 0; i < length; i++) {
      if (!(Math.abs(found[i] - expected[i]) <= ROUNDING * Math.sqrt(terms))) {
        assertThat(found[i]).as("element %d", i).isEqualTo(expected[i]);
      }
    }
  }
}
