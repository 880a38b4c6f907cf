package org.samplegrad.core.backend.cpu.convolution;

/** The convolution itself, computed without columns, for one group of one sample at a time. */
interface DirectConvolution extends AutoCloseable {
  /** Takes over the weights {@code [o,c,k]} of a group from {@code weights [group,o,c,k]}. */
  void arrange(float[] weights, int group);

  /**
   * The outputs of the group whose weights were arranged, {@code [o,p]} from {@code target} on.
   *
   * @param images {@code [block,c,...]}
   * @param block which of them: a group of a sample
   */
  void forward(float[] images, int block, float[] y, int target);

  @Override
  void close();
}
