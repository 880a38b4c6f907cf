package org.samplegrad.core.backend.cpu.pooling;

/** Elements still to be computed, of which a max pool can have the maxima alone. */
public interface Poolable {
  /**
   * Writes the maximum of each window, and its position among all elements.
   *
   * @param values {@code [n,o,...']}
   * @param positions likewise
   */
  void pool(Pooling pooling, float[] values, int[] positions);
}
