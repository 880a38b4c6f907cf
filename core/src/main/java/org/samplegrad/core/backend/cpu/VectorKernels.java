package org.samplegrad.core.backend.cpu;

import java.util.Optional;

/**
 * Loops whose arrays are read at different places, which the compiler does not vectorise by itself:
 * written with Java's vector instructions, an incubating module that a program must ask for with
 * {@code --add-modules jdk.incubator.vector}. Without them the backend does all by matrix products.
 *
 * <p>An array is read in pieces of {@link #lanes} elements, also where only some of them are meant,
 * so it must go on for so many behind its last element.
 */
interface VectorKernels {
  /** The kernels, if this program was started with the module. */
  static Optional<VectorKernels> find() {
    return Found.KERNELS;
  }

  /** Elements of a vector. */
  int lanes();

  /** Vectors that follow each other and are read together. */
  int QUAD = 4;

  /** Quads that follow each other whose sums the registers of a processor hold. */
  int MOST_QUADS = 3;

  /**
   * Adds a weighted sum of stretches of up to {@link #MOST_QUADS} quads, {@code y[target + j] +=
   * sum_i weights[i] x[places[i] + offset + j]}, over {@code from <= i < to}.
   */
  void addStretches(
      float[] x,
      int[] places,
      float[] weights,
      int from,
      int to,
      int offset,
      int quads,
      float[] y,
      int target);

  /**
   * A weighted sum of patches, {@code row[v,l] = sum_i weights[i] x[places[i] + offsets[v] + l]},
   * over {@code from <= i < to}.
   *
   * @param row filled from {@code target} on
   */
  void sumPatches(
      float[] x,
      int[] places,
      float[] weights,
      int from,
      int to,
      int[] offsets,
      float[] row,
      int target);

  /** Adds a row to a patch, {@code x[place + offsets[v] + l] += row[v,l]}. */
  void addToPatch(float[] row, float[] x, int place, int[] offsets);

  /** {@code to[target + i] += from[first + i]} for {@code i < length}. */
  void add(float[] from, int first, float[] to, int target, int length);

  /**
   * Adds the products of a row with the vectors of patches, {@code products[i] += sum_{v,l}
   * row[first + v,l] x[places[i] + offsets[v] + l]}, for {@code i < count}.
   */
  void multiplyPatches(
      float[] x, int[] places, int count, int[] offsets, float[] row, int first, float[] products);

  /** The same with the quads of patches, of which an offset is that of the first vector. */
  void multiplyQuads(
      float[] x,
      int[] places,
      int count,
      int[] quadOffsets,
      float[] row,
      int first,
      float[] products);

  /** The rows and, in vectors, the columns of a tile: what the registers of a processor hold. */
  int TILE_ROWS = 6;

  int TILE_VECTORS = 2;

  /**
   * A tile of a matrix product, {@code c[r,j] = sum_k a[places[r] + offsets[k]] b[first + steps[k]
   * + j]} for {@link #TILE_ROWS} rows from {@code row} on and {@link #TILE_VECTORS} vectors of
   * columns {@code j}. Behind the last place the last row is done again.
   *
   * @param target where {@code c[0,0]} would be; rows are {@code width} apart
   */
  void multiplyTile(
      float[] a,
      int[] places,
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
   * Elements from one row of packed columns to the next: those of a tile, and room for a vector.
   */
  default int stripWidth() {
    return (TILE_VECTORS + 1) * lanes();
  }

  /**
   * A vector of each of some columns, {@code columns[place + (i - from) stripWidth + l] = x[base +
   * offsets[i] + l]} for {@code from <= i < to}.
   */
  void packColumns(
      float[] x, int base, int[] offsets, int from, int to, float[] columns, int place);

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

  float sumOfSquares(float[] x, int from, int to);

  /** Whether all elements are finite numbers. */
  boolean areFinite(float[] x, int from, int to);

  /**
   * For a vector of windows which of their elements is the largest, {@code chosen[target + l]}: the
   * first number {@code k} of those with the largest {@code x[base + offsets[k] + l]}, and {@code
   * otherwise[target + l]} where all are negative infinity. None may be NaN.
   */
  void chooseLargest(
      float[] x, int base, int[] offsets, float[] otherwise, float[] chosen, int target);

  /** Looks for the kernels once. */
  final class Found {
    private static final String MODULE = "jdk.incubator.vector";
    private static final String KERNELS_CLASS =
        "org.samplegrad.core.backend.cpu.IncubatorVectorKernels";

    static final Optional<VectorKernels> KERNELS = find();

    private Found() {}

    private static Optional<VectorKernels> find() {
      if (ModuleLayer.boot().findModule(MODULE).isEmpty()) {
        return Optional.empty();
      }
      try {
        // By name, because the class does not load without the module.
        Object kernels = Class.forName(KERNELS_CLASS).getDeclaredConstructor().newInstance();
        return Optional.of((VectorKernels) kernels);
      } catch (ReflectiveOperationException | LinkageError e) {
        // A later Java may have changed a module that still incubates.
        return Optional.empty();
      }
    }
  }
}
