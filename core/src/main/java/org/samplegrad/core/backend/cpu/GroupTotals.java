package org.samplegrad.core.backend.cpu;

import java.util.Arrays;

/** An array for each group of a convolution, so that the loops find it at index 0. */
final class GroupTotals implements AutoCloseable {
  private final Memory memory;
  private final int size;
  private final float[][] arrays;

  /** Zeros for each group. */
  GroupTotals(Memory memory, int groups, int size) {
    this.memory = memory;
    this.size = size;
    this.arrays = new float[groups][];
    for (int group = 0; group < groups; group++) {
      arrays[group] = memory.takeArray(size);
      Arrays.fill(arrays[group], 0, size, 0f);
    }
  }

  float[] of(int group) {
    return arrays[group];
  }

  void copyFrom(float[] all) {
    for (int group = 0; group < arrays.length; group++) {
      System.arraycopy(all, group * size, arrays[group], 0, size);
    }
  }

  void copyTo(float[] all) {
    for (int group = 0; group < arrays.length; group++) {
      System.arraycopy(arrays[group], 0, all, group * size, size);
    }
  }

  @Override
  public void close() {
    for (float[] array : arrays) {
      memory.giveBack(array);
    }
  }
}
