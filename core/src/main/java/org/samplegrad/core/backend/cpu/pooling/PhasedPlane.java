package org.samplegrad.core.backend.cpu.pooling;

import java.util.Arrays;
import org.samplegrad.core.backend.Window;
import org.samplegrad.core.backend.cpu.kernels.VectorKernels;

/**
 * One channel of an image with its padding, of negative infinity, written out, and the columns of
 * each row in the sequence of their remainders by the windows' stride: so the same element of
 * neighbouring windows is found at neighbouring indices.
 */
final class PhasedPlane {
  /** Elements of a padded channel that will not fill the memory. */
  private static final int LARGEST = 1 << 24;

  private final float[] values;

  /** Where each pixel of the image lies. */
  private final int[] pixels;

  /** Where each window of the last axis' first position begins. */
  private final int[] rowBases;

  /** Windows of a row. */
  private final int rowLength;

  /** Where each element of a window lies from its beginning on. */
  private final int[] offsets;

  /**
   * @param extents the spatial extents of the images
   */
  PhasedPlane(Window window, int lanes, int... extents) {
    int last = window.axes() - 1;
    int[] outputs = window.outputExtents(extents);
    int[] padded = new int[window.axes()];
    for (int axis = 0; axis <= last; axis++) {
      padded[axis] = (int) window.paddedExtent(axis, extents[axis]);
    }
    // A stride beyond the image leaves one window in each row.
    int phases = Math.min(window.stride(last), padded[last]);
    int phaseLength = (padded[last] + phases - 1) / phases;
    int[] pixelIndices = {0};
    int[] windowIndices = {0};
    int[] elementIndices = {0};
    int rows = 1;
    for (int axis = 0; axis < last; axis++) {
      int before = window.paddingBefore(axis);
      int stride = window.stride(axis);
      int dilation = window.dilation(axis);
      pixelIndices = finer(pixelIndices, padded[axis], extents[axis], i -> before + i);
      windowIndices = finer(windowIndices, padded[axis], outputs[axis], i -> i * stride);
      elementIndices = finer(elementIndices, padded[axis], window.kernel(axis), i -> i * dilation);
      rows *= padded[axis];
    }
    int width = phases * phaseLength;
    int before = window.paddingBefore(last);
    this.pixels =
        finer(pixelIndices, width, extents[last], i -> inPhases(before + i, phases, phaseLength));
    this.rowBases = finer(windowIndices, width, 1, i -> 0);
    this.offsets =
        finer(
            elementIndices,
            width,
            window.kernel(last),
            i -> inPhases(i * window.dilation(last), phases, phaseLength));
    this.rowLength = outputs[last];
    this.values = new float[Math.addExact(Math.multiplyExact(rows, width), lanes)];
    Arrays.fill(values, Float.NEGATIVE_INFINITY);
  }

  /** Whether a channel with its padding is small enough to be written out. */
  static boolean suits(Window window, int... extents) {
    long size = window.paddedSize(extents);
    return size > 0 && size <= LARGEST;
  }

  private static int inPhases(int column, int phases, int phaseLength) {
    return column % phases * phaseLength + column / phases;
  }

  @FunctionalInterface
  private interface Index {
    int of(int i);
  }

  /** The indices {@code outer * extent + inner(i)} for all outer indices and {@code i < count}. */
  private static int[] finer(int[] outer, int extent, int count, Index inner) {
    int[] indices = new int[outer.length * count];
    for (int i = 0; i < indices.length; i++) {
      indices[i] = outer[i / count] * extent + inner.of(i % count);
    }
    return indices;
  }

  /** Takes a channel over from {@code first} on. */
  void load(float[] images, int first) {
    for (int i = 0; i < pixels.length; i++) {
      values[pixels[i]] = images[first + i];
    }
  }

  /**
   * Which element of each window is the largest, the first one of equal ones.
   *
   * @param firstInside the first element of each window that lies inside of the image
   * @param chosen as {@code firstInside} with room for a vector behind the last window
   */
  void chooseLargest(VectorKernels kernels, float[] firstInside, float[] chosen) {
    for (int row = 0; row < rowBases.length; row++) {
      for (int column = 0; column < rowLength; column += kernels.lanes()) {
        int window = row * rowLength + column;
        kernels.chooseLargest(values, rowBases[row] + column, offsets, firstInside, chosen, window);
      }
    }
  }
}
