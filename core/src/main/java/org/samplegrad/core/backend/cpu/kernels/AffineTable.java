package org.samplegrad.core.backend.cpu.kernels;

/**
 * The numbers that bytes stand for, where these lie on a line, as those of an image with its mean
 * and its spread taken out do: computed in less time than looked up. They are right to the rounding
 * of the largest number, as after the same steps in float32.
 *
 * @param step from one unsigned byte to the next
 * @param center what 128 stands for
 */
public record AffineTable(float step, float center) {
  public static final int CENTER = 128;

  /** Null if the numbers do not lie on a line. */
  public static AffineTable of(float[] lookupTable) {
    int last = lookupTable.length - 1;
    double step = ((double) lookupTable[last] - lookupTable[0]) / last;
    AffineTable table = new AffineTable((float) step, (float) (lookupTable[0] + CENTER * step));
    float rounding = Math.ulp(Math.max(Math.abs(lookupTable[0]), Math.abs(lookupTable[last])));
    for (int value = 0; value <= last; value++) {
      if (!(Math.abs((double) table.number(value) - lookupTable[value]) <= rounding)) {
        return null;
      }
    }
    return table;
  }

  /** What an unsigned byte stands for. */
  float number(int value) {
    return Math.fma(value - CENTER, step, center);
  }
}
