package org.samplegrad.core.backend.cpu.kernels;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Parts of matrix products by vectors of every width, beside plain loops. */
class TileKernelsTest {
  private static final String LANES = "org.samplegrad.core.backend.cpu.kernels.ForcedWidth#lanes";

  private static final int ROOM = 100;
  private static final int GROUP = TileKernels.GROUP;

  private final KernelArrays arrays = new KernelArrays();

  /** For each number of terms, from one to four times the lanes. */
  private static IntStream depths(int lanes) {
    return IntStream.rangeClosed(1, 4 * lanes);
  }

  /** Columns of a tile. */
  private static int columns(int lanes) {
    return TileKernels.TILE_VECTORS * lanes;
  }

  @ParameterizedTest
  @MethodSource(LANES)
  void multipliesTiles(int lanes) {
    VectorKernels kernels = ForcedWidth.kernels(lanes);
    int width = columns(lanes) + 3;
    depths(lanes)
        .forEach(
            depth -> {
              float[] a = arrays.floats(2 * ROOM);
              int[] offsets = arrays.indices(depth, ROOM);
              float[] b = arrays.floats(ROOM + 4 + columns(lanes));
              int[] steps = arrays.indices(depth, ROOM);
              int[] rowStarts = arrays.indices(1 + depth % 9, ROOM);
              int row = rowStarts.length > TileKernels.TILE_ROWS ? TileKernels.TILE_ROWS : 0;
              arrays.assertSame(
                  kernels,
                  rowStarts.length * width + 20,
                  (by, c) ->
                      by.tiles()
                          .multiplyTile(a, rowStarts, row, offsets, b, 4, steps, c, 2, width));
              arrays.assertSame(
                  kernels,
                  rowStarts.length * width + 20,
                  (by, c) ->
                      by.tiles().multiplyTile(a, rowStarts, 0, offsets, b, 4, steps, c, 2, width));
            });
  }

  @ParameterizedTest
  @MethodSource(LANES)
  void packsColumns(int lanes) {
    VectorKernels kernels = ForcedWidth.kernels(lanes);
    depths(lanes)
        .forEach(
            depth -> {
              float[] x = arrays.floats(ROOM + 6 + lanes);
              int[] offsets = arrays.indices(depth + 3, ROOM);
              int length = depth * kernels.tiles().stripWidth() + lanes;
              arrays.assertSame(
                  kernels,
                  length,
                  (by, packed) ->
                      by.tiles().packColumns(x, 6, offsets, 2, depth + 2, packed, lanes - 1));
            });
  }

  @ParameterizedTest
  @MethodSource(LANES)
  void multipliesPanels(int lanes) {
    VectorKernels kernels = ForcedWidth.kernels(lanes);
    depths(lanes)
        .forEach(
            depth -> {
              float[] panels = arrays.floats(depth * TileKernels.PANEL_ROWS + 5);
              float[] packed = arrays.floats(depth * kernels.tiles().stripWidth());
              arrays.assertSame(
                  kernels,
                  TileKernels.PANEL_ROWS * columns(lanes) + 4,
                  (by, tile) -> by.tiles().multiplyPanel(panels, 5, packed, depth, tile));
            });
  }

  @ParameterizedTest
  @MethodSource(LANES)
  void putsAndAddsTiles(int lanes) {
    VectorKernels kernels = ForcedWidth.kernels(lanes);
    for (int rows = 1; rows <= TileKernels.PANEL_ROWS; rows++) {
      float[] tile = arrays.floats(TileKernels.PANEL_ROWS * columns(lanes));
      int width = columns(lanes) + 3;
      int count = rows;
      int length = TileKernels.PANEL_ROWS * width + 10;
      arrays.assertSame(kernels, length, (by, c) -> by.tiles().putTile(tile, c, 4, width, count));
      arrays.assertSame(kernels, length, (by, c) -> by.tiles().addTile(tile, c, 4, width, count));
    }
  }

  @ParameterizedTest
  @MethodSource(LANES)
  void multipliesStrips(int lanes) {
    VectorKernels kernels = ForcedWidth.kernels(lanes);
    int width = columns(lanes) + 5;
    depths(lanes)
        .forEach(
            depth -> {
              float[] panel = arrays.floats(depth * GROUP + 3);
              float[] b = arrays.floats(depth * width + 2);
              arrays.assertSame(
                  kernels,
                  GROUP * width + 10,
                  (by, c) -> by.tiles().multiplyStrip(panel, 3, b, 2, depth, width, c, 4));
            });
  }

  @ParameterizedTest
  @MethodSource(LANES)
  void multipliesStretches(int lanes) {
    VectorKernels kernels = ForcedWidth.kernels(lanes);
    int width = columns(lanes) + 5;
    depths(lanes)
        .forEach(
            depth -> {
              float[] panel = arrays.floats(depth * GROUP + 3);
              float[] b = arrays.floats(ROOM + 2 + columns(lanes));
              int[] stretches = arrays.indices(depth, ROOM);
              arrays.assertSame(
                  kernels,
                  GROUP * width + 10,
                  (by, c) -> by.tiles().multiplyStretches(panel, 3, b, 2, stretches, c, 4, width));
            });
  }

  @ParameterizedTest
  @MethodSource(LANES)
  void multipliesWithSquares(int lanes) {
    VectorKernels kernels = ForcedWidth.kernels(lanes);
    int width = lanes + 5;
    depths(lanes)
        .forEach(
            depth -> {
              float[] panel = arrays.floats(depth * GROUP + 3);
              float[] b = arrays.floats(depth * width + 2);
              int length = GROUP * width + 10;
              arrays.assertSame(
                  kernels,
                  2 * length,
                  (by, both) -> {
                    float[] sums = Arrays.copyOf(both, length);
                    float[] squares = Arrays.copyOfRange(both, length, 2 * length);
                    by.tiles().multiplyWithSquares(panel, 3, b, 2, depth, width, sums, squares, 4);
                    System.arraycopy(sums, 0, both, 0, length);
                    System.arraycopy(squares, 0, both, length, length);
                  });
            });
  }

  @ParameterizedTest
  @MethodSource(LANES)
  void multipliesRows(int lanes) {
    VectorKernels kernels = ForcedWidth.kernels(lanes);
    for (int vectors = 0; vectors <= 4 * lanes; vectors++) {
      int depth = vectors * lanes;
      float[] a = arrays.floats(2 * depth + 3);
      float[] b = arrays.floats(GROUP * depth + 2);
      arrays.assertClose(
          kernels,
          30,
          depth,
          (by, c) -> by.tiles().multiplyRows(a, 1, depth + 2, b, 2, depth, c, 3, 11));
    }
  }
}
