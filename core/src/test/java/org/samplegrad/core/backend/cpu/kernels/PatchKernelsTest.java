package org.samplegrad.core.backend.cpu.kernels;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Sums and products of patches by vectors of every width, beside plain loops. */
class PatchKernelsTest {
  private static final String LANES = "org.samplegrad.core.backend.cpu.kernels.ForcedWidth#lanes";

  private static final int ROOM = 100;

  private final KernelArrays arrays = new KernelArrays();

  @ParameterizedTest
  @MethodSource(LANES)
  void addsStretches(int lanes) {
    VectorKernels kernels = ForcedWidth.kernels(lanes);
    for (int quads = 1; quads <= PatchKernels.MOST_QUADS; quads++) {
      int length = quads * PatchKernels.QUAD * lanes;
      for (int count = 0; count <= 4 * lanes; count++) {
        float[] x = arrays.floats(ROOM + 7 + length);
        int[] starts = arrays.indices(count + 3, ROOM);
        float[] weights = arrays.floats(count + 3);
        int q = quads;
        int to = count + 2;
        arrays.assertSame(
            kernels,
            length + 20,
            (by, y) -> by.patches().addStretches(x, starts, weights, 2, to, 7, q, y, 9));
      }
    }
  }

  @ParameterizedTest
  @MethodSource(LANES)
  void sumsPatches(int lanes) {
    VectorKernels kernels = ForcedWidth.kernels(lanes);
    for (int vectors = 1; vectors <= 4 * lanes; vectors++) {
      float[] x = arrays.floats(2 * ROOM + lanes);
      int[] offsets = arrays.indices(vectors, ROOM);
      int count = vectors % 6;
      int[] starts = arrays.indices(count + 1, ROOM);
      float[] weights = arrays.floats(count + 1);
      arrays.assertSame(
          kernels,
          vectors * lanes + 20,
          (by, row) -> by.patches().sumPatches(x, starts, weights, 1, count + 1, offsets, row, 5));
    }
  }

  @ParameterizedTest
  @MethodSource(LANES)
  void addsToPatches(int lanes) {
    VectorKernels kernels = ForcedWidth.kernels(lanes);
    for (int vectors = 1; vectors <= 4 * lanes; vectors++) {
      float[] row = arrays.floats(vectors * lanes);
      int[] offsets = arrays.indices(vectors, ROOM);
      arrays.assertSame(
          kernels, ROOM + 3 + lanes + 20, (by, x) -> by.patches().addToPatch(row, x, 3, offsets));
    }
  }

  @ParameterizedTest
  @MethodSource(LANES)
  void multipliesPatches(int lanes) {
    VectorKernels kernels = ForcedWidth.kernels(lanes);
    for (int count = 0; count <= 4 * lanes; count++) {
      for (int vectors = 0; vectors <= 9; vectors++) {
        float[] x = arrays.floats(2 * ROOM + lanes);
        float[] row = arrays.floats(vectors * lanes + 5);
        int[] offsets = arrays.indices(vectors, ROOM);
        int[] starts = arrays.indices(count, ROOM);
        int products = count;
        arrays.assertClose(
            kernels,
            count + 10,
            vectors * lanes,
            (by, y) -> by.patches().multiplyPatches(x, starts, products, offsets, row, 5, y));
      }
    }
  }

  @ParameterizedTest
  @MethodSource(LANES)
  void multipliesQuads(int lanes) {
    VectorKernels kernels = ForcedWidth.kernels(lanes);
    int quad = PatchKernels.QUAD * lanes;
    for (int count = 0; count <= 4 * lanes; count++) {
      for (int quads = 0; quads <= 5; quads++) {
        float[] x = arrays.floats(2 * ROOM + quad);
        float[] row = arrays.floats(quads * quad + 5);
        int[] offsets = arrays.indices(quads, ROOM);
        int[] starts = arrays.indices(count, ROOM);
        int products = count;
        arrays.assertClose(
            kernels,
            count + 10,
            quads * quad,
            (by, y) -> by.patches().multiplyQuads(x, starts, products, offsets, row, 5, y));
      }
    }
  }
}
