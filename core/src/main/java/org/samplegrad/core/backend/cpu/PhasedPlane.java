package org.samplegrad.core.backend.cpu;

import java.util.Arrays;
import org.samplegrad.core.backend.Window;

/**
 * One channel of an image with its padding, of negative infinity, written out, and the columns of
 * each row in the sequence of their remainders by the windows' stride: so the same element of
 * neighbouring windows is found in neighbouring places.
 */
final class PhasedPlane {
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
      int reach =
          (outputs[axis] - 1) * window.stride(axis)
              + (window.kernel(axis) - 1) * window.dilation(axis)
              + 1;
      padded[axis] = Math.max(window.paddingBefore(axis) + extents[axis], reach);
    }
    // A stride beyond the image leaves one window in each row.
    int phases = Math.min(window.stride(last), padded[last]);
    int phaseLength = (padded[last] + phases - 1) / phases;
    int[] pixelPlaces = {0};
    int[] windowPlaces = {0};
    int[] elementPlaces = {0};
    int rows = 1;
    for (int axis = 0; axis < last; axis++) {
      int before = window.paddingBefore(axis);
      int stride = window.stride(axis);
      int dilation = window.dilation(axis);
      pixelPlaces = finer(pixelPlaces, padded[axis], extents[axis], i -> before + i);
      windowPlaces = finer(windowPlaces, padded[axis], outputs[axis], i -> i * stride);
      elementPlaces = finer(elementPlaces, padded[axis], window.kernel(axis), i -> i * dilation);
      rows *= padded[axis];
    }
    int width = phases * phaseLength;
    int before = window.paddingBefore(last);
    this.pixels =
        finer(pixelPlaces, width, extents[last], i -> inPhases(before + i, phases, phaseLength));
    this.rowBases = finer(windowPlaces, width, 1, i -> 0);
    this.offsets =
        finer(
            elementPlaces,
            width,
            window.kernel(last),
            i -> inPhases(i * window.dilation(last), phases, phaseLength));
    this.rowLength = outputs[last];
    this.values = new float[Math.addExact(Math.multiplyExact(rows, width), lanes)];
    Arrays.fill(values, Float.NEGATIVE_INFINITY);
  }

  private static int inPhases(int column, int phases, int phaseLength) {
    return column % phases * phaseLength + column / phases;
  }

  @FunctionalInterface
  private interface Place {
    int of(int index);
  }

  /** The places {@code outer * extent + place(i)} for all outer places and {@code i < count}. */
  private static int[] finer(int[] outer, int extent, int count, Place place) {
    int[] places = new int[outer.length * count];
    for (int i = 0; i < places.length; i++) {
      places[i] = outer[i / count] * extent + place.of(i % count);
    }
    return places;
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
