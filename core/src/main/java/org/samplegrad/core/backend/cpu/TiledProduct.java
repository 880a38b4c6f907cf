package org.samplegrad.core.backend.cpu;

/**
 * Products of two matrices that are small in one of their three extents, as they belong to a last
 * layer of few outputs. A general product would spend its time on arranging the larger matrix; here
 * the result is added up from where the larger factor lies.
 */
final class TiledProduct {
  /** The smallest extent from which on, and up to which, this is the faster way. */
  private static final int LEAST = VectorKernels.GROUP;

  private static final int MOST = 16;

  /** Terms of a sum from which on adding up the lanes at its end does not count. */
  private static final int LEAST_DEPTH_OF_ROWS = 64;

  private final VectorKernels kernels;
  private final Memory memory;

  TiledProduct(VectorKernels kernels, Memory memory) {
    this.kernels = kernels;
    this.memory = memory;
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
    if (!transposeA && width <= MOST && depth >= LEAST_DEPTH_OF_ROWS) {
      multiplyRows(a, b, transposeB, c, height, depth, width);
      return;
    }
    int columns = VectorKernels.TILE_VECTORS * kernels.lanes();
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

  /** In strips along the rows of {@code b}; the last ones overlap those before them. */
  private void multiplyStrips(
      float[] a, boolean transposeA, float[] b, float[] c, int height, int depth, int width) {
    int columns = VectorKernels.TILE_VECTORS * kernels.lanes();
    int rowStep = transposeA ? 1 : depth;
    int depthStep = transposeA ? height : 1;
    for (int j = 0; j < width; j += columns) {
      int column = Math.min(j, width - columns);
      for (int i = 0; i < height; i += VectorKernels.GROUP) {
        int row = Math.min(i, height - VectorKernels.GROUP);
        kernels.multiplyStrip(
            a, row * rowStep, rowStep, depthStep, b, column, depth, width, c, row * width + column);
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
    int groups = (width + VectorKernels.GROUP - 1) / VectorKernels.GROUP;
    int groupSize = VectorKernels.GROUP * whole;
    float[] inTurns = memory.takeArray(groups * groupSize);
    for (int group = 0; group < groups; group++) {
      int place = group * groupSize;
      for (int k = 0; k < whole; k += lanes) {
        for (int j = 0; j < VectorKernels.GROUP; j++) {
          int source = (column(group, width) + j) * stepOfColumns + k * stepOfTerms;
          for (int lane = 0; lane < lanes; lane++) {
            inTurns[place++] = b[source + lane * stepOfTerms];
          }
        }
      }
    }
    for (int row = 0; row < height; row += 2) {
      int other = Math.min(row + 1, height - 1);
      for (int group = 0; group < groups; group++) {
        int column = column(group, width);
        kernels.multiplyRows(
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

  private static int column(int group, int width) {
    return Math.min(group * VectorKernels.GROUP, width - VectorKernels.GROUP);
  }
}
