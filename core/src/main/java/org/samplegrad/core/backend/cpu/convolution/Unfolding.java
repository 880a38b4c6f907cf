package org.samplegrad.core.backend.cpu.convolution;

import java.util.Arrays;
import org.samplegrad.core.backend.Window;

/**
 * Where the elements of windows lie in one channel of an image, as stretches that are copied at
 * once, {@code columns[k, p]} from {@code image[...]}, for windows of {@code k} elements at {@code
 * p} positions.
 */
final class Unfolding {
  /** Stretches shorter than this are copied faster one by one. */
  private static final int SHORT = 8;

  private final int channelSize;
  private final int windowSize;
  private final int columnsSize;
  private final boolean hasPadding;
  private final int[] targets;
  private final int[] sources;
  private final int[] lengths;

  /**
   * @param extents the spatial extents of the images
   */
  Unfolding(Window window, int... extents) {
    int[] elements = window.sources(extents);
    this.channelSize = Arrays.stream(extents).reduce(1, Math::multiplyExact);
    this.columnsSize = elements.length;
    this.windowSize = window.kernelSize();
    int[] starts = new int[elements.length];
    int found = 0;
    boolean padding = false;
    for (int i = 0; i < elements.length; i++) {
      if (elements[i] == Window.OUTSIDE) {
        padding = true;
      } else if (i == 0
          || elements[i - 1] == Window.OUTSIDE
          || elements[i] != elements[i - 1] + 1) {
        starts[found++] = i;
      }
    }
    this.hasPadding = padding;
    this.targets = Arrays.copyOf(starts, found);
    this.sources = new int[found];
    this.lengths = new int[found];
    for (int r = 0; r < found; r++) {
      int end = targets[r];
      sources[r] = elements[end];
      do {
        end++;
      } while (end < elements.length && elements[end] == elements[end - 1] + 1);
      lengths[r] = end - targets[r];
    }
  }

  /** The elements of a window in one channel. */
  int windowSize() {
    return windowSize;
  }

  int positions() {
    return columnsSize / windowSize;
  }

  int channelSize() {
    return channelSize;
  }

  /** {@code image [c,...]} from {@code first} on to {@code columns [c*k, p]}. */
  void unfold(float[] image, int first, int channels, float[] columns, int target) {
    if (hasPadding) {
      Arrays.fill(columns, target, target + channels * columnsSize, 0f);
    }
    for (int c = 0; c < channels; c++) {
      int from = first + c * channelSize;
      int to = target + c * columnsSize;
      for (int r = 0; r < targets.length; r++) {
        copy(image, from + sources[r], columns, to + targets[r], lengths[r]);
      }
    }
  }

  private static void copy(float[] from, int first, float[] to, int target, int length) {
    if (length < SHORT) {
      for (int i = 0; i < length; i++) {
        to[target + i] = from[first + i];
      }
    } else {
      System.arraycopy(from, first, to, target, length);
    }
  }

  /** Adds {@code columns [c*k, p]} to the elements of {@code image [c,...]} they come from. */
  void fold(float[] columns, int first, int channels, float[] image, int target) {
    for (int c = 0; c < channels; c++) {
      int from = first + c * columnsSize;
      int to = target + c * channelSize;
      for (int r = 0; r < targets.length; r++) {
        int source = from + targets[r];
        int index = to + sources[r];
        for (int i = 0; i < lengths[r]; i++) {
          image[index + i] += columns[source + i];
        }
      }
    }
  }
}
