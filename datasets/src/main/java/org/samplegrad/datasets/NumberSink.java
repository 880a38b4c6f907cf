package org.samplegrad.datasets;

/**
 * Takes the numbers of one cell, in whichever primitive array they come. Each method returns what
 * is wrong with them, or null when they were taken.
 */
public interface NumberSink {
  /** How many numbers a cell must have. */
  int length();

  String take(float[] values);

  String take(double[] values);

  /** What is wrong with as many numbers in nested arrays of these extents, or null. */
  String arrangementProblem(int[] extents);

  /** Takes bytes as the numbers 0 to 255. */
  String take(byte[] values);

  /**
   * Takes unsigned bytes as the numbers they stand for.
   *
   * @param bytes from {@code first} on, {@link #length()} of them
   * @param lookupTable the finite number for each of the 256 bytes
   */
  default String take(byte[] bytes, int first, float[] lookupTable) {
    float[] values = new float[length()];
    for (int i = 0; i < values.length; i++) {
      values[i] = lookupTable[bytes[first + i] & 0xff];
    }
    return take(values);
  }
}
