package org.samplegrad.core.backend.cpu.convolution;

import java.util.Arrays;
import org.samplegrad.core.backend.Window;

/**
 * A window that moves by one and never leaves the image: its element {@code k} at position {@code
 * p} is the element {@code offset(k) + base(p)} of the image, so that the windows' columns are
 * stretches of the image itself, shifted. A stretch also holds the elements between the positions
 * of one row and those of the next.
 */
final class Shifts {
  private final int[] offsets;
  private final int[] bases;

  /** Positions that follow each other in the image. */
  private final int rowLength;

  private Shifts(int[] offsets, int[] bases, int rowLength) {
    this.offsets = offsets;
    this.bases = bases;
    this.rowLength = rowLength;
  }

  /** The shifts of a window, or null if it moves otherwise. */
  static Shifts of(Window window, int[] extents) {
    int last = window.axes() - 1;
    for (int axis = 0; axis <= last; axis++) {
      boolean inside =
          window.paddingBefore(axis) == 0
              && window.outputExtent(axis, extents[axis])
                      + (window.kernel(axis) - 1) * window.dilation(axis)
                  <= extents[axis];
      if (window.stride(axis) != 1 || !inside) {
        return null;
      }
    }
    int[] sources = window.sources(extents);
    int positions = sources.length / window.kernelSize();
    int[] offsets = new int[window.kernelSize()];
    for (int k = 0; k < offsets.length; k++) {
      offsets[k] = sources[k * positions];
    }
    return new Shifts(
        offsets, Arrays.copyOf(sources, positions), window.outputExtent(last, extents[last]));
  }

  int offset(int k) {
    return offsets[k];
  }

  int positions() {
    return bases.length;
  }

  /** The length of a stretch, from the first position to the last. */
  int span() {
    return bases[bases.length - 1] + 1;
  }

  /** Takes the positions out of a stretch. */
  void compact(float[] stretch, float[] values, int target) {
    for (int p = 0; p < bases.length; p += rowLength) {
      System.arraycopy(stretch, bases[p], values, target + p, rowLength);
    }
  }

  /** Lays positions into a stretch, with zeros between them. */
  void spread(float[] values, int first, float[] stretches, int target) {
    Arrays.fill(stretches, target, target + span(), 0f);
    for (int p = 0; p < bases.length; p += rowLength) {
      System.arraycopy(values, first + p, stretches, target + bases[p], rowLength);
    }
  }
}
