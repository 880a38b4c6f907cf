package org.samplegrad.core.backend.cpu;

/**
 * The products of one group of one sample of a convolution, with the columns {@code A [i, p]} of
 * the sample's windows: what a convolution, its adjoints and the per-sample gradients are made of.
 */
interface SampleConvolution extends AutoCloseable {
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

  /** Whether {@link #product} writes to the Java array of a tensor, not to native memory. */
  boolean writesArrays();

  @Override
  void close();
}
