package org.samplegrad.core.backend.cpu.kernels;

/**
 * Exchanges rows and columns, in squares that stay in the nearest cache. In a square the array of
 * the longer rows is gone through along these: rows a power of two apart would fall on few lines of
 * the cache.
 */
public final class Transposition {
  private static final int SQUARE = 16;

  private Transposition() {}

  /**
   * {@code to[target + j toWidth + i] = from[first + i fromWidth + j]} for {@code i < rows}, {@code
   * j < columns}.
   */
  public static void copy(
      float[] from,
      int first,
      int fromWidth,
      float[] to,
      int target,
      int toWidth,
      int rows,
      int columns) {
    for (int i = 0; i < rows; i += SQUARE) {
      int endRow = Math.min(i + SQUARE, rows);
      for (int j = 0; j < columns; j += SQUARE) {
        int endColumn = Math.min(j + SQUARE, columns);
        if (fromWidth > toWidth) {
          copyByRows(from, first, fromWidth, to, target, toWidth, i, endRow, j, endColumn);
        } else {
          copyByColumns(from, first, fromWidth, to, target, toWidth, i, endRow, j, endColumn);
        }
      }
    }
  }

  private static void copyByRows(
      float[] from,
      int first,
      int fromWidth,
      float[] to,
      int target,
      int toWidth,
      int startRow,
      int endRow,
      int startColumn,
      int endColumn) {
    for (int i = startRow; i < endRow; i++) {
      int source = first + i * fromWidth;
      int to0 = target + i;
      for (int j = startColumn; j < endColumn; j++) {
        to[to0 + j * toWidth] = from[source + j];
      }
    }
  }

  private static void copyByColumns(
      float[] from,
      int first,
      int fromWidth,
      float[] to,
      int target,
      int toWidth,
      int startRow,
      int endRow,
      int startColumn,
      int endColumn) {
    for (int j = startColumn; j < endColumn; j++) {
      int source = first + j;
      int to0 = target + j * toWidth;
      for (int i = startRow; i < endRow; i++) {
        to[to0 + i] = from[source + i * fromWidth];
      }
    }
  }
}
