package org.samplegrad.core.backend.cpu;

import org.samplegrad.core.backend.Window;

/** Where the elements of each window lie in one channel of an image, window by window. */
final class Pooling {
  private final int windowSize;
  private final int channelSize;
  private final int[] sources;

  /**
   * @param extents the spatial extents of the images
   */
  Pooling(Window window, int channelSize, int... extents) {
    int[] byElement = window.sources(extents);
    this.windowSize = window.kernelSize();
    this.channelSize = channelSize;
    this.sources = new int[byElement.length];
    int windows = byElement.length / windowSize;
    for (int k = 0; k < windowSize; k++) {
      for (int p = 0; p < windows; p++) {
        sources[p * windowSize + k] = byElement[k * windows + p];
      }
    }
  }

  /**
   * The position of the maximum of each window of each channel; the first of equal ones, and the
   * first that is not a number if there is one. Which element is the largest cannot be foretold, so
   * there is no branch: an element competes as an integer, ordered by its value and then by its
   * place.
   */
  void findMaxima(float[] images, int size, int[] positions) {
    int next = 0;
    for (int first = 0; first < size; first += channelSize) {
      for (int w = 0; w < sources.length; w += windowSize) {
        long best = Long.MIN_VALUE;
        for (int k = 0; k < windowSize; k++) {
          int source = sources[w + k];
          if (source != Window.OUTSIDE) {
            best = Math.max(best, rank(images[first + source], windowSize - 1 - k));
          }
        }
        positions[next++] = first + sources[w + windowSize - 1 - (int) best];
      }
    }
  }

  /** Orders by value, both zeros alike and NaN above all, then by {@code lower}. */
  private static long rank(float value, int lower) {
    int bits = Float.floatToIntBits(value + 0f);
    return (long) (bits ^ (bits >> 31 & Integer.MAX_VALUE)) << 32 | lower;
  }
}
