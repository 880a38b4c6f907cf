package org.samplegrad.core.backend.cpu.products;

import java.util.Arrays;
import org.samplegrad.core.backend.cpu.kernels.Loops;
import org.samplegrad.core.backend.cpu.memory.Memory;

/**
 * {@code c[o,i] = sum_n a[n,o] b[n,i]} for few {@code o}: sums of whole rows of {@code b}, which
 * stay in the nearest cache while each row of {@code c} takes them in. A general product would
 * spend its time on arranging {@code b}.
 */
final class OuterProductSum {
  /** Rows taken in together. */
  private static final int ROWS = 5;

  private OuterProductSum() {}

  static void compute(
      Memory memory, float[] a, float[] b, float[] c, int samples, int outputs, int inputs) {
    float[][] sums = new float[outputs][];
    for (int o = 0; o < outputs; o++) {
      sums[o] = memory.takeArray(inputs);
      Arrays.fill(sums[o], 0, inputs, 0f);
    }
    float[][] rows = new float[ROWS][];
    for (int r = 0; r < ROWS; r++) {
      rows[r] = memory.takeArray(inputs);
    }
    float[] weights = new float[ROWS];
    for (int n = 0; n < samples; n += ROWS) {
      int count = Math.min(ROWS, samples - n);
      for (int r = 0; r < ROWS; r++) {
        if (r < count) {
          System.arraycopy(b, (n + r) * inputs, rows[r], 0, inputs);
        } else {
          Arrays.fill(rows[r], 0, inputs, 0f);
        }
      }
      for (int o = 0; o < outputs; o++) {
        for (int r = 0; r < ROWS; r++) {
          weights[r] = r < count ? a[(n + r) * outputs + o] : 0;
        }
        Loops.addProducts(weights, 0, rows, sums[o], inputs);
      }
    }
    for (int o = 0; o < outputs; o++) {
      System.arraycopy(sums[o], 0, c, o * inputs, inputs);
      memory.giveBack(sums[o]);
    }
    for (float[] row : rows) {
      memory.giveBack(row);
    }
  }
}
