package org.samplegrad.core.backend.cpu.pooling;

import java.util.Arrays;
import org.samplegrad.core.backend.Window;
import org.samplegrad.core.backend.cpu.kernels.VectorKernels;

/** Finds the maxima of windows over images of one size. */
public final class Pooling {
  private final VectorKernels kernels;

  private final int channelSize;

  /** Where the elements of the windows lie in a channel, {@code [k, p]}. */
  private final int[] sources;

  /** The highest rank so far in each window of a channel, and the position that has it. */
  private final int[] ranks;

  private final int[] argmax;

  /** Null if there are no vectors, or the padding is too large to be written out. */
  private final PhasedPlane plane;

  /** For each window, which of its elements is the largest. */
  private final float[] chosen;

  /** The first element of each window that lies inside of the image. */
  private final float[] firstInside;

  /**
   * @param extents the spatial extents of the images
   */
  Pooling(VectorKernels kernels, Window window, int channelSize, int... extents) {
    int kernelSize = window.kernelSize();
    this.kernels = kernels;
    this.channelSize = channelSize;
    this.sources = window.sources(extents);
    int windows = sources.length / kernelSize;
    int padded = windows + kernels.lanes();
    this.ranks = new int[windows];
    this.argmax = new int[windows];
    boolean byVectors = kernels.areVectors() && PhasedPlane.suits(window, extents);
    this.plane = byVectors ? new PhasedPlane(window, kernels.lanes(), extents) : null;
    this.chosen = new float[padded];
    this.firstInside = new float[padded];
    for (int p = 0; p < windows; p++) {
      int k = 0;
      while (k + 1 < kernelSize && sources[k * windows + p] == Window.OUTSIDE) {
        k++;
      }
      firstInside[p] = k;
    }
  }

  public int channelSize() {
    return channelSize;
  }

  /** Windows of a channel. */
  public int windows() {
    return argmax.length;
  }

  /**
   * The position of the maximum of each window of each channel; the first of equal ones, and the
   * first that is not a number if there is one.
   */
  void findMaxima(float[] images, int size, int[] positions) {
    int target = 0;
    for (int first = 0; first < size; first += channelSize) {
      findArgmax(images, first);
      for (int p = 0; p < argmax.length; p++) {
        positions[target + p] = first + argmax[p];
      }
      target += argmax.length;
    }
  }

  /**
   * The maxima as well.
   *
   * @param images some channels of all images
   * @param size of these channels
   * @param origin position of these channels among all
   * @param target where the first window's maximum and position go
   */
  public void pool(
      float[] images, int size, int origin, float[] values, int[] positions, int target) {
    int window = target;
    for (int first = 0; first < size; first += channelSize) {
      findArgmax(images, first);
      for (int p = 0; p < argmax.length; p++) {
        int index = first + argmax[p];
        values[window + p] = images[index];
        positions[window + p] = origin + index;
      }
      window += argmax.length;
    }
  }

  /** Where in its channel each position lies; channels must not be larger than a char tells. */
  public char[] inChannels(int[] positions) {
    char[] result = new char[positions.length];
    for (int window = 0, first = 0; window < positions.length; first += channelSize) {
      for (int end = window + argmax.length; window < end; window++) {
        result[window] = (char) (positions[window] - first);
      }
    }
    return result;
  }

  /** The reverse of {@link #inChannels}. */
  public void positions(char[] inChannels, int[] positions) {
    for (int window = 0, first = 0; window < positions.length; first += channelSize) {
      for (int end = window + argmax.length; window < end; window++) {
        positions[window] = inChannels[window] + first;
      }
    }
  }

  private void findArgmax(float[] images, int first) {
    if (plane != null && kernels.areFinite(images, first, first + channelSize)) {
      chooseMaxima(images, first);
    } else {
      findMaxima(images, first);
    }
  }

  /** An element of all windows is looked at before the next, so that the inner loop is long. */
  private void findMaxima(float[] images, int first) {
    Arrays.fill(ranks, Integer.MIN_VALUE);
    for (int k = 0; k < sources.length; k += argmax.length) {
      compete(images, first, k);
    }
  }

  /** The same by vectors, where all elements are finite. */
  private void chooseMaxima(float[] images, int first) {
    plane.load(images, first);
    plane.chooseLargest(kernels, firstInside, chosen);
    for (int p = 0; p < argmax.length; p++) {
      argmax[p] = sources[(int) chosen[p] * argmax.length + p];
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
        argmax[p] += source - argmax[p] & higher;
      }
    }
  }

  /** An integer ordered as the value is, both zeros alike and NaN above all. */
  private static int rank(float value) {
    int bits = Float.floatToIntBits(value + 0f);
    return bits ^ (bits >> 31 & Integer.MAX_VALUE);
  }
}
