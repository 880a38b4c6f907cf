package org.samplegrad.core.backend.cpu;

import org.samplegrad.core.backend.Window;

/** Where the elements of each window lie in one channel of an image, window by window. */
final class Pooling {
  /** Below every rank. */
  private static final long LOWEST = Long.MIN_VALUE / 2;

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
   * ranks are compared by the sign of their difference instead of a branch.
   */
  void findMaxima(float[] images, int size, int[] positions) {
    int next = 0;
    for (int first = 0; first < size; first += channelSize) {
      for (int w = 0; w < sources.length; w += windowSize) {
        long best = LOWEST;
        int place = Window.OUTSIDE;
        for (int k = w; k < w + windowSize; k++) {
          int source = sources[k];
          if (source != Window.OUTSIDE) {
            long rank = rank(images[first + source]);
            long higher = best - rank >> 63;
            best += rank - best & higher;
            place += source - place & (int) higher;
          }
        }
        positions[next++] = first + place;
      }
    }
  }

  /** An integer ordered as the value is, both zeros alike and NaN above all. */
  private static long rank(float value) {
    int bits = Float.floatToIntBits(value + 0f);
    return bits ^ (bits >> 31 & Integer.MAX_VALUE);
  }
}
