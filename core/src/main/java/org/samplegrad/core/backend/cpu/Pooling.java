package org.samplegrad.core.backend.cpu;

import java.util.Arrays;
import org.samplegrad.core.backend.Window;

/** Finds the maxima of windows over images of one size. */
final class Pooling {
  private final int channelSize;

  /** Where the elements of the windows lie in a channel, {@code [k, p]}. */
  private final int[] sources;

  /** The highest rank so far in each window of a channel, and the position that has it. */
  private final int[] ranks;

  private final int[] places;

  /**
   * @param extents the spatial extents of the images
   */
  Pooling(Window window, int channelSize, int... extents) {
    this.channelSize = channelSize;
    this.sources = window.sources(extents);
    int windows = sources.length / window.kernelSize();
    this.ranks = new int[windows];
    this.places = new int[windows];
  }

  /**
   * The position of the maximum of each window of each channel; the first of equal ones, and the
   * first that is not a number if there is one. An element of all windows is looked at before the
   * next, so that the inner loop is long.
   */
  void findMaxima(float[] images, int size, int[] positions) {
    int windows = ranks.length;
    int target = 0;
    for (int first = 0; first < size; first += channelSize) {
      Arrays.fill(ranks, Integer.MIN_VALUE);
      for (int k = 0; k < sources.length; k += windows) {
        compete(images, first, k);
      }
      for (int p = 0; p < windows; p++) {
        positions[target + p] = first + places[p];
      }
      target += windows;
    }
  }

  /**
   * Lets an element of each window take the place of an earlier one of lower rank. Whether it does
   * cannot be foretold, so the sign of the difference decides, not a branch.
   */
  private void compete(float[] images, int first, int k) {
    for (int p = 0; p < ranks.length; p++) {
      int source = sources[k + p];
      if (source != Window.OUTSIDE) {
        int rank = rank(images[first + source]);
        int higher = (int) ((long) ranks[p] - rank >> 63);
        ranks[p] += rank - ranks[p] & higher;
        places[p] += source - places[p] & higher;
      }
    }
  }

  /** An integer ordered as the value is, both zeros alike and NaN above all. */
  private static int rank(float value) {
    int bits = Float.floatToIntBits(value + 0f);
    return bits ^ (bits >> 31 & Integer.MAX_VALUE);
  }
}
