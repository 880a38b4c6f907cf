package org.samplegrad.core.backend.cpu.kernels;

/** Parts of matrix products, as large as the registers hold. Of {@link VectorKernels}. */
public interface TileKernels {
  /** The rows and, in vectors, the columns of a tile: what the registers of a processor hold. */
  int TILE_ROWS = 6;

  int TILE_VECTORS = 2;

  /**
   * A tile of a matrix product, {@code c[r,j] = sum_k a[rowStarts[r] + offsets[k]] b[first +
   * steps[k] + j]} for {@link #TILE_ROWS} rows from {@code row} on and {@link #TILE_VECTORS}
   * vectors of columns {@code j}. Behind the last start the last row is done again.
   *
   * @param target where {@code c[0,0]} would be; rows are {@code width} apart
   */
  void multiplyTile(
      float[] a,
      int[] rowStarts,
      int row,
      int[] offsets,
      float[] b,
      int first,
      int[] steps,
      float[] c,
      int target,
      int width);

  /** The rows of a panel of packed weights. */
  int PANEL_ROWS = 6;

  /**
   * {@code weights [o,i] -> panels [panel, i, row]} for outputs {@code o = (panel, row)}; rows
   * behind the last output are left as they are.
   *
   * @param rows of a panel
   */
  static void packPanels(
      float[] weights, int first, int outputs, int inputs, int rows, float[] panels) {
    for (int o = 0; o < outputs; o++) {
      int target = o / rows * rows * inputs + o % rows;
      for (int i = 0; i < inputs; i++) {
        panels[target + i * rows] = weights[first + o * inputs + i];
      }
    }
  }

  /**
   * Elements from one row of packed columns to the next: those of a tile, and room for a vector.
   */
  int stripWidth();

  /**
   * A vector of each of some columns, {@code columns[index + (i - from) stripWidth + l] = x[base +
   * offsets[i] + l]} for {@code from <= i < to}.
   */
  void packColumns(
      float[] x, int base, int[] offsets, int from, int to, float[] columns, int index);

  /**
   * A tile of a product of packed factors, {@code tile[r,j] = sum_i panels[first + i PANEL_ROWS +
   * r] columns[i stripWidth + j]} for {@link #PANEL_ROWS} rows and {@link #TILE_VECTORS} vectors of
   * columns {@code j}, over {@code depth} terms.
   */
  void multiplyPanel(float[] panels, int first, float[] columns, int depth, float[] tile);

  /** {@code c[target + r width + j] = tile[r,j]} for some of the rows of a tile. */
  void putTile(float[] tile, float[] c, int target, int width, int rows);

  /** {@code c[target + r width + j] += tile[r,j]} for some of the rows of a tile. */
  void addTile(float[] tile, float[] c, int target, int width, int rows);

  /** The rows of a strip, and the columns of a group of products of rows. */
  int GROUP = 5;

  /**
   * A strip of a matrix product, {@code c[r,j] = sum_k panel[start + k GROUP + r] b[first + k width
   * + j]} for {@link #GROUP} rows and {@link #TILE_VECTORS} vectors of columns {@code j}.
   *
   * @param depth terms of each sum
   * @param target where {@code c[0,0]} is; its rows are {@code width} apart, as those of b are
   */
  void multiplyStrip(
      float[] panel, int start, float[] b, int first, int depth, int width, float[] c, int target);

  /**
   * The same where the rows of {@code b} are stretches of an image, {@code c[r,j] = sum_k
   * panel[start + k GROUP + r] b[first + stretches[k] + j]}.
   *
   * @param target where {@code c[0,0]} is; its rows are {@code width} apart
   */
  void multiplyStretches(
      float[] panel,
      int start,
      float[] b,
      int first,
      int[] stretches,
      float[] c,
      int target,
      int width);

  /**
   * A vector of columns {@code j} of a matrix product, and the sums of its squared terms: {@code
   * c[r,j] = sum_k t[k,r,j]} and {@code squares[r,j] = sum_k t[k,r,j]^2} for {@code t[k,r,j] =
   * panel[start + k GROUP + r] b[first + k width + j]} and {@link #GROUP} rows.
   *
   * @param depth terms of each sum
   * @param target where {@code c[0,0]} is; its rows are {@code width} apart, as those of b are
   */
  void multiplyWithSquares(
      float[] panel,
      int start,
      float[] b,
      int first,
      int depth,
      int width,
      float[] c,
      float[] squares,
      int target);

  /**
   * The products of two rows with a group of others, {@code c[target + j] = sum_k a[row + k]
   * b_j[k]} and the same of {@code other}, over {@code depth} terms, a number of whole vectors.
   *
   * @param b the rows of the group in turns, a vector of each, from {@code first} on
   */
  void multiplyRows(
      float[] a,
      int row,
      int other,
      float[] b,
      int first,
      int depth,
      float[] c,
      int target,
      int otherTarget);
}
