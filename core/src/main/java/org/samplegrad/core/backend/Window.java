package org.samplegrad.core.backend;

import java.io.Serializable;

/**
 * A sliding window over height and width, as convolutions and pools use it: padding is added on
 * both sides, the last incomplete window is dropped (PyTorch's {@code ceil_mode=False}).
 */
public record Window(
    int kernelHeight,
    int kernelWidth,
    int strideHeight,
    int strideWidth,
    int paddingHeight,
    int paddingWidth,
    int dilationHeight,
    int dilationWidth)
    implements Serializable {

  /**
   * @throws IllegalArgumentException if kernel, stride or dilation is below 1, or padding below 0
   */
  public Window {
    requireAtLeast(1, "kernel", kernelHeight, kernelWidth);
    requireAtLeast(1, "stride", strideHeight, strideWidth);
    requireAtLeast(0, "padding", paddingHeight, paddingWidth);
    requireAtLeast(1, "dilation", dilationHeight, dilationWidth);
  }

  private static void requireAtLeast(int least, String what, int height, int width) {
    if (height < least || width < least) {
      throw new IllegalArgumentException(
          "The %s must be at least %d in both directions; found %d and %d"
              .formatted(what, least, height, width));
    }
  }

  /** The number of positions of an axis, {@code floor((extent + 2p - d(k - 1) - 1) / s) + 1}. */
  private static int positions(int extent, int kernel, int stride, int padding, int dilation) {
    long room = extent + 2L * padding - (long) dilation * (kernel - 1) - 1;
    long positions = room < 0 ? 0 : room / stride + 1;
    if (positions > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "A padding of %d makes more positions than an array can hold".formatted(padding));
    }
    return (int) positions;
  }

  public int outputHeight(int height) {
    return positions(height, kernelHeight, strideHeight, paddingHeight, dilationHeight);
  }

  public int outputWidth(int width) {
    return positions(width, kernelWidth, strideWidth, paddingWidth, dilationWidth);
  }

  /** The elements one window covers in one channel. */
  public int kernelSize() {
    return kernelHeight * kernelWidth;
  }

  /** Whether every window takes in at least one element that is not padding. */
  public boolean coversInput(int height, int width) {
    return covers(height, kernelHeight, strideHeight, paddingHeight, dilationHeight)
        && covers(width, kernelWidth, strideWidth, paddingWidth, dilationWidth);
  }

  private static boolean covers(int extent, int kernel, int stride, int padding, int dilation) {
    for (int p = 0; p < positions(extent, kernel, stride, padding, dilation); p++) {
      long first = (long) p * stride - padding;
      long skipped = first >= 0 ? 0 : (-first + dilation - 1) / dilation;
      if (skipped >= kernel || first + skipped * dilation >= extent) {
        return false;
      }
    }
    return true;
  }
}
