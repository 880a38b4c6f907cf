package org.samplegrad.core.backend.cpu.products;

import org.samplegrad.core.backend.cpu.kernels.TileKernels;
import org.samplegrad.core.backend.cpu.kernels.VectorKernels;
import org.samplegrad.core.backend.cpu.memory.Memory;

/**
 * Products of two matrices that are small in one of their three extents, as they belong to a last
 * layer of few outputs. A general product would spend its time on arranging the larger matrix; here
 * the result is added up from where the larger factor lies.
 */
final class TiledProduct {
  private static final int GROUP = TileKernels.GROUP;

  /** Columns up to which sums along the rows of the first factor are the faster way. */
  private static final int MOST_COLUMNS_OF_ROWS = 16;

  /** Terms of a sum from which on adding up the lanes at its end does not count. */
  private static final int LEAST_DEPTH_OF_ROWS = 64;

  private final VectorKernels kernels;
  private final TileKernels tiles;
  private final Memory memory;

  TiledProduct(VectorKernels kernels, Memory memory) {
    this.kernels = kernels;
    this.tiles = kernels.tiles();
    this.memory = memory;
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
    if (!transposeA && width <= MOST_COLUMNS_OF_ROWS && depth >= LEAST_DEPTH_OF_ROWS) {
      multiplyRows(a, b, transposeB, c, height, depth, width);
      return;
    }
    int columns = TileKernels.TILE_VECTORS * kernels.lanes();
    if (!transposeB && width >= columns) {
      multiplyStrips(a, transposeA, b, c, height, depth, width);
      return;
    }
    int padded = Math.max(width, columns);
    float[] right = memory.takeArray(depth * padded);
    float[] result = memory.takeArray(height * padded);
    for (int k = 0; k < depth; k++) {
      for (int j = 0; j < width; j++) {
        right[k * padded + j] = b[transposeB ? j * depth + k : k * width + j];
      }
    }
    multiplyStrips(a, transposeA, right, result, height, depth, padded);
    for (int row = 0; row < height; row++) {
      System.arraycopy(result, row * padded, c, row * width, width);
    }
    memory.giveBack(right);
    memory.giveBack(result);
  }

  /**
   * {@code sum = a^T b} and the sums of the squared terms, going through {@code b} once.
   *
   * @param depth terms of each sum
   */
  void outerProductSums(
      float[] a, float[] b, float[] sum, float[] squaredSum, int depth, int height, int width) {
    float[] panels = memory.takeArray((height + GROUP - 1) / GROUP * GROUP * depth);
    pack(a, 1, height, height, depth, panels);
    for (int j = 0; j < width; j += kernels.lanes()) {
      int column = Math.min(j, width - kernels.lanes());
      for (int group = 0; group * GROUP < height; group++) {
        tiles.multiplyWithSquares(
            panels,
            group * GROUP * depth,
            b,
            column,
            depth,
            width,
            sum,
            squaredSum,
            first(group, height) * width + column);
      }
    }
    memory.giveBack(panels);
  }

  /** In strips along the rows of {@code b}; the last ones overlap those before them. */
  private void multiplyStrips(
      float[] a, boolean transposeA, float[] b, float[] c, int height, int depth, int width) {
    float[] panels = memory.takeArray((height + GROUP - 1) / GROUP * GROUP * depth);
    pack(a, transposeA ? 1 : depth, transposeA ? height : 1, height, depth, panels);
    int columns = TileKernels.TILE_VECTORS * kernels.lanes();
    for (int j = 0; j < width; j += columns) {
      int column = Math.min(j, width - columns);
      for (int group = 0; group * GROUP < height; group++) {
        int target = first(group, height) * width + column;
        tiles.multiplyStrip(panels, group * GROUP * depth, b, column, depth, width, c, target);
      }
    }
    memory.giveBack(panels);
  }

  /** {@code [group, k, row]}. */
  private static void pack(
      float[] a, int rowStep, int depthStep, int height, int depth, float[] panels) {
    int index = 0;
    for (int group = 0; group * GROUP < height; group++) {
      int source = first(group, height) * rowStep;
      for (int k = 0; k < depth; k++) {
        for (int row = 0; row < GROUP; row++) {
          panels[index++] = a[source + row * rowStep];
        }
        source += depthStep;
      }
    }
  }

  /** By sums along the rows of {@code a}; the last groups overlap those before them. */
  private void multiplyRows(
      float[] a, float[] b, boolean transposeB, float[] c, int height, int depth, int width) {
    int lanes = kernels.lanes();
    int whole = depth / lanes * lanes;
    int stepOfTerms = transposeB ? 1 : width;
    int stepOfColumns = transposeB ? depth : 1;
    int groups = (width + GROUP - 1) / GROUP;
    int groupSize = GROUP * whole;
    float[] inTurns = memory.takeArray(groups * groupSize);
    for (int group = 0; group < groups; group++) {
      int index = group * groupSize;
      for (int k = 0; k < whole; k += lanes) {
        for (int j = 0; j < GROUP; j++) {
          int source = (first(group, width) + j) * stepOfColumns + k * stepOfTerms;
          for (int lane = 0; lane < lanes; lane++) {
            inTurns[index++] = b[source + lane * stepOfTerms];
          }
        }
      }
    }
    for (int row = 0; row < height; row += 2) {
      int other = Math.min(row + 1, height - 1);
      for (int group = 0; group < groups; group++) {
        int column = first(group, width);
        tiles.multiplyRows(
            a,
            row * depth,
            other * depth,
            inTurns,
            group * groupSize,
            whole,
            c,
            row * width + column,
            other * width + column);
      }
    }
    memory.giveBack(inTurns);
    for (int row = 0; whole < depth && row < height; row++) {
      for (int column = 0; column < width; column++) {
        float sum = c[row * width + column];
        for (int k = whole; k < depth; k++) {
          sum = Math.fma(a[row * depth + k], b[k * stepOfTerms + column * stepOfColumns], sum);
        }
        c[row * width + column] = sum;
      }
    }
  }

  /** The first of a group's rows or columns. */
  private static int first(int group, int count) {
    return Math.min(group * GROUP, count - GROUP);
  }
}
