package org.samplegrad.core.backend.cpu.convolution;

import java.util.Arrays;
import org.samplegrad.core.backend.cpu.kernels.Loops;
import org.samplegrad.core.backend.cpu.memory.Memory;

/** A sum over the samples of a block, for one group. */
final class Accumulator implements AutoCloseable {
  private final Memory memory;
  private final int size;
  private final float[] sum;

  Accumulator(Memory memory, int size) {
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
