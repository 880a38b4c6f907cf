package org.samplegrad.core.backend.cpu.convolution;

import org.samplegrad.core.backend.cpu.memory.CpuTensor;
import org.samplegrad.core.backend.cpu.memory.Scratch;
import org.samplegrad.core.backend.cpu.memory.Support;

/**
 * The products of one group of one sample of a convolution, with the columns {@code A [i, p]} of
 * the sample's windows: what a convolution, its adjoints and the per-sample gradients are made of.
 */
interface SampleConvolution extends AutoCloseable {
  /** The elements of a group's weights as they are laid out here. */
  int weightSize();

  /** Takes a group's weights {@code [o,i]} over from {@code first} on. */
  default void packWeights(float[] weights, int first, Scratch packed) {
    System.arraycopy(weights, first, packed.array(), 0, weightSize());
    changed(packed);
  }

  /** The reverse of {@link #packWeights}, of an array alone. */
  default void unpackWeights(float[] packed, float[] weights, int first) {
    System.arraycopy(packed, 0, weights, first, weightSize());
  }

  /** Must be told that the Java array of weights was written to. */
  default void changed(Scratch packed) {
    packed.write();
  }

  /**
   * Takes the columns from an image.
   *
   * @param first where the image begins
   */
  void unfold(float[] images, int first);

  /** {@code y = W A}, {@code [o, i] -> [o, p]}, into {@code y} from {@code target} on. */
  void product(Scratch weights, CpuTensor y, int target);

  /** {@code G = u A^T}, {@code [o, p] -> [o, i]}, into the Java array of {@code gradient}. */
  void gradient(CpuTensor u, int first, Scratch gradient);

  /** Adds {@code fold(W^T u)} to an image; the columns are lost. */
  void addAdjoint(Scratch weights, CpuTensor u, int first, float[] images, int target);

  /**
   * The only positions where {@link #product} writes, to sparse elements; null if it writes all.
   */
  default Support support() {
    return null;
  }

  /** Whether {@link #product} writes to the Java array of a tensor, not to native memory. */
  boolean writesArrays();

  @Override
  void close();
}
