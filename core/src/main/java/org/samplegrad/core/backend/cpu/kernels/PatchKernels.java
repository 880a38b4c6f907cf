package org.samplegrad.core.backend.cpu.kernels;

/** Sums and products over some of the patches of an image. Of {@link VectorKernels}. */
public interface PatchKernels {
  /** Vectors that follow each other and are read together. */
  int QUAD = 4;

  /** Quads that follow each other whose sums the registers of a processor hold. */
  int MOST_QUADS = 3;

  /**
   * Adds a weighted sum of stretches of up to {@link #MOST_QUADS} quads, {@code y[target + j] +=
   * sum_i weights[i] x[starts[i] + offset + j]}, over {@code from <= i < to}.
   */
  void addStretches(
      float[] x,
      int[] starts,
      float[] weights,
      int from,
      int to,
      int offset,
      int quads,
      float[] y,
      int target);

  /**
   * A weighted sum of patches, {@code row[v,l] = sum_i weights[i] x[starts[i] + offsets[v] + l]},
   * over {@code from <= i < to}.
   *
   * @param row filled from {@code target} on
   */
  void sumPatches(
      float[] x,
      int[] starts,
      float[] weights,
      int from,
      int to,
      int[] offsets,
      float[] row,
      int target);

  /** Adds a row to a patch, {@code x[start + offsets[v] + l] += row[v,l]}. */
  void addToPatch(float[] row, float[] x, int start, int[] offsets);

  /**
   * Adds the products of a row with the vectors of patches, {@code products[i] += sum_{v,l}
   * row[first + v,l] x[starts[i] + offsets[v] + l]}, for {@code i < count}.
   */
  void multiplyPatches(
      float[] x, int[] starts, int count, int[] offsets, float[] row, int first, float[] products);

  /** The same with the quads of patches, of which an offset is that of the first vector. */
  void multiplyQuads(
      float[] x,
      int[] starts,
      int count,
      int[] quadOffsets,
      float[] row,
      int first,
      float[] products);
}
