package org.samplegrad.core.backend.cpu.products;

import org.samplegrad.core.backend.cpu.kernels.TileKernels;
import org.samplegrad.core.backend.cpu.kernels.VectorKernels;

/** Which way a product of two matrices is computed, by their extents. */
final class ProductChoice {
  /** The smallest extent from which on, and up to which, tiles are the faster way. */
  private static final int LEAST_OF_TILES = TileKernels.GROUP;

  private static final int MOST_OF_TILES = 16;

  /** Rows and columns of a result for which sums of whole rows are the faster way. */
  private static final int MOST_ROWS_OF_SUMS = 16;

  private static final int LEAST_COLUMNS_OF_SUMS = 64;

  /** Rows longer than this would push each other out of the nearest cache. */
  private static final int MOST_COLUMNS_OF_SUMS = 2048;

  private final VectorKernels kernels;

  ProductChoice(VectorKernels kernels) {
    this.kernels = kernels;
  }

  /**
   * @param overRows whether the result is {@code a^T b}, a sum over the rows of both factors
   * @param height of the result
   * @param depth terms of each of its sums
   */
  ProductWay way(boolean overRows, int height, int depth, int width) {
    int smallest = Math.min(height, Math.min(depth, width));
    if (kernels.areVectors() && smallest >= LEAST_OF_TILES && smallest <= MOST_OF_TILES) {
      return ProductWay.TILED;
    }
    if (!overRows) {
      return ProductWay.GENERAL;
    }
    boolean inSums =
        height <= MOST_ROWS_OF_SUMS
            && width >= LEAST_COLUMNS_OF_SUMS
            && width <= MOST_COLUMNS_OF_SUMS;
    return inSums ? ProductWay.OUTER_PRODUCTS : ProductWay.DEFERRED;
  }

  /**
   * Whether {@code a^T b} and the sum of its squared terms are made together, in less time than two
   * products.
   */
  boolean sumsTogether(int height, int width) {
    return kernels.areVectors()
        && height >= LEAST_OF_TILES
        && height <= MOST_OF_TILES
        && width >= kernels.lanes();
  }
}
