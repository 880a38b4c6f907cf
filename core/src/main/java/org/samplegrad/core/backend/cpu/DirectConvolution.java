package org.samplegrad.core.backend.cpu;

/** The convolution itself, computed without columns. */
interface DirectConvolution extends AutoCloseable {
  /** {@code y [n,o,...']} of images {@code [n,c,...]} and weights {@code [o,c/groups,k]}. */
  void forward(int samples, int groups, float[] images, float[] weights, float[] y);

  @Override
  void close();
}
