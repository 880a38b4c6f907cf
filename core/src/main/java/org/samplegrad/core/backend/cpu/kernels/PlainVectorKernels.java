package org.samplegrad.core.backend.cpu.kernels;

/**
 * {@link VectorKernels} by plain loops: for programs that were started without the module, and for
 * tests, which compare the others with these.
 */
final class PlainVectorKernels implements VectorKernels {
  private final int lanes;
  private final PatchKernels patches;
  private final TileKernels tiles;

  /**
   * @param lanes elements of what stands for a vector
   */
  PlainVectorKernels(int lanes) {
    this.lanes = lanes;
    this.patches = new PlainPatchKernels(lanes);
    this.tiles = new PlainTileKernels(lanes);
  }

  @Override
  public boolean areVectors() {
    return false;
  }

  @Override
  public int lanes() {
    return lanes;
  }

  @Override
  public PatchKernels patches() {
    return patches;
  }

  @Override
  public TileKernels tiles() {
    return tiles;
  }

  @Override
  public void add(float[] from, int first, float[] to, int target, int length) {
    for (int i = 0; i < length; i++) {
      to[target + i] += from[first + i];
    }
  }

  @Override
  public void decode(byte[] bytes, AffineTable table, float[] y) {
    for (int i = 0; i < bytes.length; i++) {
      y[i] = table.number(bytes[i] & 0xff);
    }
  }

  @Override
  public void exp(float[] x, float[] y, int length) {
    Loops.exp(x, y, 0, length);
  }

  @Override
  public float sumOfSquares(float[] x, int from, int to) {
    double sum = 0;
    for (int i = from; i < to; i++) {
      sum += (double) x[i] * x[i];
    }
    return (float) sum;
  }

  @Override
  public boolean areFinite(float[] x, int from, int to) {
    boolean finite = true;
    for (int i = from; i < to; i++) {
      finite &= Float.isFinite(x[i]);
    }
    return finite;
  }

  @Override
  public void chooseLargest(
      float[] x, int base, int[] offsets, float[] otherwise, float[] chosen, int target) {
    for (int lane = 0; lane < lanes; lane++) {
      float largest = Float.NEGATIVE_INFINITY;
      float number = otherwise[target + lane];
      for (int k = 0; k < offsets.length; k++) {
        float candidate = x[base + offsets[k] + lane];
        if (candidate > largest) {
          largest = candidate;
          number = k;
        }
      }
      chosen[target + lane] = number;
    }
  }
}
