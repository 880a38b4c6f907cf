package org.samplegrad.core.backend.cpu.kernels;

/** {@link PatchKernels} by plain loops, which say what the others compute. */
final class PlainPatchKernels implements PatchKernels {
  private final int lanes;

  PlainPatchKernels(int lanes) {
    this.lanes = lanes;
  }

  @Override
  public void addStretches(
      float[] x,
      int[] starts,
      float[] weights,
      int from,
      int to,
      int offset,
      int quads,
      float[] y,
      int target) {
    for (int i = from; i < to; i++) {
      for (int j = 0; j < quads * QUAD * lanes; j++) {
        y[target + j] = Math.fma(weights[i], x[starts[i] + offset + j], y[target + j]);
      }
    }
  }

  @Override
  public void sumPatches(
      float[] x,
      int[] starts,
      float[] weights,
      int from,
      int to,
      int[] offsets,
      float[] row,
      int target) {
    for (int v = 0; v < offsets.length; v++) {
      for (int lane = 0; lane < lanes; lane++) {
        float sum = 0;
        for (int i = from; i < to; i++) {
          sum = Math.fma(weights[i], x[starts[i] + offsets[v] + lane], sum);
        }
        row[target + v * lanes + lane] = sum;
      }
    }
  }

  @Override
  public void addToPatch(float[] row, float[] x, int start, int[] offsets) {
    for (int v = 0; v < offsets.length; v++) {
      for (int lane = 0; lane < lanes; lane++) {
        x[start + offsets[v] + lane] += row[v * lanes + lane];
      }
    }
  }

  @Override
  public void multiplyPatches(
      float[] x, int[] starts, int count, int[] offsets, float[] row, int first, float[] products) {
    multiply(x, starts, count, offsets, lanes, row, first, products);
  }

  @Override
  public void multiplyQuads(
      float[] x,
      int[] starts,
      int count,
      int[] quadOffsets,
      float[] row,
      int first,
      float[] products) {
    multiply(x, starts, count, quadOffsets, QUAD * lanes, row, first, products);
  }

  private static void multiply(
      float[] x,
      int[] starts,
      int count,
      int[] offsets,
      int length,
      float[] row,
      int first,
      float[] products) {
    for (int i = 0; i < count; i++) {
      float sum = 0;
      for (int v = 0; v < offsets.length; v++) {
        for (int j = 0; j < length; j++) {
          sum = Math.fma(row[first + v * length + j], x[starts[i] + offsets[v] + j], sum);
        }
      }
      products[i] += sum;
    }
  }
}
