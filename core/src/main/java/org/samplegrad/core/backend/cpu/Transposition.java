package org.samplegrad.core.backend.cpu;

/** Exchanges rows and columns, in squares that stay in the nearest cache. */
final class Transposition {
  private static final int SQUARE = 16;

  private Transposition() {}

  /**
   * {@code to[target + j toWidth + i] = from[first + i fromWidth + j]} for {@code i < rows}, {@code
   * j < columns}.
   */
  static void copy(
      float[] from,
      int first,
      int fromWidth,
      float[] to,
      int target,
      int toWidth,
      int rows,
      int columns) {
    for (int start = 0; start < columns; start += SQUARE) {
      int end = Math.min(start + SQUARE, columns);
      for (int i = 0; i < rows; i++) {
        int source = first + i * fromWidth;
        int place = target + i;
        for (int j = start; j < end; j++) {
          to[place + j * toWidth] = from[source + j];
        }
      }
    }
  }
}
