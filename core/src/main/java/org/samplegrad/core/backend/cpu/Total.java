package org.samplegrad.core.backend.cpu;

import java.util.Arrays;

/** A sum over the samples of a block, for one group. */
final class Total implements AutoCloseable {
  private final Memory memory;
  private final int size;
  private final float[] sum;

  Total(Memory memory, int size) {
    this.memory = memory;
    this.size = size;
    this.sum = memory.takeArray(size);
    Arrays.fill(sum, 0, size, 0f);
  }

  void add(float[] x) {
    Loops.add(sum, x, sum, 0, size);
  }

  void addSquares(float[] x) {
    Loops.accumulateProduct(x, x, sum, 0, size);
  }

  float[] array() {
    return sum;
  }

  @Override
  public void close() {
    memory.giveBack(sum);
  }
}
