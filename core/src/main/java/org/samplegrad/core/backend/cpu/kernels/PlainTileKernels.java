package org.samplegrad.core.backend.cpu.kernels;

/** {@link TileKernels} by plain loops, which say what the others compute. */
final class PlainTileKernels implements TileKernels {
  private final int lanes;

  /** Columns of a tile. */
  private final int columns;

  PlainTileKernels(int lanes) {
    this.lanes = lanes;
    this.columns = TILE_VECTORS * lanes;
  }

  @Override
  public void multiplyTile(
      float[] a,
      int[] rowStarts,
      int row,
      int[] offsets,
      float[] b,
      int first,
      int[] steps,
      float[] c,
      int target,
      int width) {
    for (int r = row; r < Math.min(row + TILE_ROWS, rowStarts.length); r++) {
      for (int j = 0; j < columns; j++) {
        float sum = 0;
        for (int k = 0; k < offsets.length; k++) {
          sum = Math.fma(a[rowStarts[r] + offsets[k]], b[first + steps[k] + j], sum);
        }
        c[target + r * width + j] = sum;
      }
    }
  }

  @Override
  public int stripWidth() {
    return columns + lanes;
  }

  @Override
  public void packColumns(
      float[] x, int base, int[] offsets, int from, int to, float[] columns, int index) {
    for (int i = from; i < to; i++) {
      System.arraycopy(x, base + offsets[i], columns, index + (i - from) * stripWidth(), lanes);
    }
  }

  @Override
  public void multiplyPanel(
      float[] panels, int first, float[] packedColumns, int depth, float[] tile) {
    for (int r = 0; r < PANEL_ROWS; r++) {
      for (int j = 0; j < columns; j++) {
        float sum = 0;
        for (int i = 0; i < depth; i++) {
          float weight = panels[first + i * PANEL_ROWS + r];
          sum = Math.fma(weight, packedColumns[i * stripWidth() + j], sum);
        }
        tile[r * columns + j] = sum;
      }
    }
  }

  @Override
  public void putTile(float[] tile, float[] c, int target, int width, int rows) {
    for (int r = 0; r < rows; r++) {
      System.arraycopy(tile, r * columns, c, target + r * width, columns);
    }
  }

  @Override
  public void addTile(float[] tile, float[] c, int target, int width, int rows) {
    for (int r = 0; r < rows; r++) {
      for (int j = 0; j < columns; j++) {
        c[target + r * width + j] += tile[r * columns + j];
      }
    }
  }

  @Override
  public void multiplyStrip(
      float[] panel, int start, float[] b, int first, int depth, int width, float[] c, int target) {
    for (int r = 0; r < GROUP; r++) {
      for (int j = 0; j < columns; j++) {
        float sum = 0;
        for (int k = 0; k < depth; k++) {
          sum = Math.fma(panel[start + k * GROUP + r], b[first + k * width + j], sum);
        }
        c[target + r * width + j] = sum;
      }
    }
  }

  @Override
  public void multiplyStretches(
      float[] panel,
      int start,
      float[] b,
      int first,
      int[] stretches,
      float[] c,
      int target,
      int width) {
    for (int r = 0; r < GROUP; r++) {
      for (int j = 0; j < columns; j++) {
        float sum = 0;
        for (int k = 0; k < stretches.length; k++) {
          sum = Math.fma(panel[start + k * GROUP + r], b[first + stretches[k] + j], sum);
        }
        c[target + r * width + j] = sum;
      }
    }
  }

  @Override
  public void multiplyWithSquares(
      float[] panel,
      int start,
      float[] b,
      int first,
      int depth,
      int width,
      float[] c,
      float[] squares,
      int target) {
    for (int r = 0; r < GROUP; r++) {
      for (int j = 0; j < lanes; j++) {
        float sum = 0;
        float squaredSum = 0;
        for (int k = 0; k < depth; k++) {
          float product = panel[start + k * GROUP + r] * b[first + k * width + j];
          sum += product;
          squaredSum = Math.fma(product, product, squaredSum);
        }
        c[target + r * width + j] = sum;
        squares[target + r * width + j] = squaredSum;
      }
    }
  }

  @Override
  public void multiplyRows(
      float[] a,
      int row,
      int other,
      float[] b,
      int first,
      int depth,
      float[] c,
      int target,
      int otherTarget) {
    for (int j = 0; j < GROUP; j++) {
      float sum = 0;
      float otherSum = 0;
      for (int k = 0; k < depth; k++) {
        float factor = b[first + (k / lanes * GROUP + j) * lanes + k % lanes];
        sum = Math.fma(a[row + k], factor, sum);
        otherSum = Math.fma(a[other + k], factor, otherSum);
      }
      c[target + j] = sum;
      c[otherTarget + j] = otherSum;
    }
  }
}
