package org.samplegrad.core.backend.cpu;

import java.util.HashMap;
import java.util.Map;

/**
 * Products of two matrices that are small in one of their three extents, as they belong to a last
 * layer of few outputs. A general product would spend its time on arranging the larger matrix; here
 * tiles of the result are added up from where the factors lie.
 */
final class TiledProduct {
  /** An extent from which on, and up to which, this is the faster way. */
  private static final int LEAST = 5;

  private static final int MOST = 16;

  private final VectorKernels kernels;
  private final Memory memory;

  /** Columns of a tile. */
  private final int columns;

  /** Multiples {@code 0, step, 2 step, ...}. */
  private final Map<Multiples, int[]> multiples = new HashMap<>();

  private record Multiples(int step, int length) {}

  TiledProduct(VectorKernels kernels, Memory memory) {
    this.kernels = kernels;
    this.memory = memory;
    this.columns = VectorKernels.TILE_VECTORS * kernels.lanes();
  }

  /**
   * @param height of the result
   * @param depth terms of each of its sums
   */
  static boolean suits(int height, int depth, int width) {
    int smallest = Math.min(height, Math.min(depth, width));
    return smallest >= LEAST && smallest <= MOST;
  }

  /** {@code c = a b}, each factor in memory as it is or transposed. */
  void multiply(
      float[] a,
      boolean transposeA,
      float[] b,
      boolean transposeB,
      float[] c,
      int height,
      int depth,
      int width) {
    int padded = (width + columns - 1) / columns * columns;
    boolean arrange = transposeB || padded != width;
    float[] right = arrange ? memory.takeArray(depth * padded) : b;
    float[] result = padded == width ? c : memory.takeArray(height * padded);
    if (arrange) {
      arrange(b, transposeB, right, depth, width, padded);
    }
    int[] places = multiples(transposeA ? 1 : depth, height);
    int[] offsets = multiples(transposeA ? height : 1, depth);
    int[] steps = multiples(padded, depth);
    for (int column = 0; column < padded; column += columns) {
      for (int row = 0; row < height; row += VectorKernels.TILE_ROWS) {
        kernels.multiplyTile(a, places, row, offsets, right, column, steps, result, column, padded);
      }
    }
    if (arrange) {
      memory.giveBack(right);
    }
    if (padded != width) {
      for (int row = 0; row < height; row++) {
        System.arraycopy(result, row * padded, c, row * width, width);
      }
      memory.giveBack(result);
    }
  }

  /** {@code right [depth, padded]} with {@code width} columns that count. */
  private static void arrange(
      float[] b, boolean transposed, float[] right, int depth, int width, int padded) {
    if (!transposed) {
      for (int k = 0; k < depth; k++) {
        System.arraycopy(b, k * width, right, k * padded, width);
      }
      return;
    }
    for (int j = 0; j < width; j++) {
      for (int k = 0; k < depth; k++) {
        right[k * padded + j] = b[j * depth + k];
      }
    }
  }

  private int[] multiples(int step, int length) {
    return multiples.computeIfAbsent(
        new Multiples(step, length),
        key -> {
          int[] places = new int[length];
          for (int i = 0; i < length; i++) {
            places[i] = i * step;
          }
          return places;
        });
  }
}
