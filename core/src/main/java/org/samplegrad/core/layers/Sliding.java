package org.samplegrad.core.layers;

import java.util.Arrays;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Window;

/**
 * The shapes of layers that slide a window over the spatial axes of an image {@code [channels,
 * ...]}.
 *
 * @param layer the layer's name without its number of axes, for messages
 */
record Sliding(String layer, Window window) {

  /** PyTorch's name of the layer in lower case, {@code conv2d}. */
  String name() {
    return layer + window.axes() + "d";
  }

  /**
   * The shape of one sample's output.
   *
   * @param channels what the input must have, in words or as a number
   * @throws IllegalArgumentException if the window does not fit
   */
  Shape outputShape(Shape input, boolean channelsFit, Object channels, int outputs) {
    if (input.rank() != 1 + window.axes() || !channelsFit) {
      throw new IllegalArgumentException(
          "%s expects an input of shape [%s, %s], found %s"
              .formatted(name(), channels, axisNames(), input));
    }
    int[] extents = window.outputExtents(spatial(input));
    if (Arrays.stream(extents).anyMatch(extent -> extent < 1)) {
      throw new IllegalArgumentException(
          "%s: a kernel of %s does not fit into the padded input %s"
              .formatted(name(), window.kernelText(), input));
    }
    return Shape.of(extents).prepend(outputs);
  }

  private String axisNames() {
    return switch (window.axes()) {
      case 1 -> "length";
      case 2 -> "height, width";
      default -> "depth, height, width";
    };
  }

  static int[] spatial(Shape input) {
    return input.dropFirst().extents();
  }

  /**
   * The shape of one sample's output where each channel is pooled.
   *
   * @throws IllegalArgumentException if the window does not fit, or holds padding alone somewhere
   */
  Shape pooledShape(Shape input) {
    int channels = input.rank() == 0 ? 0 : input.extent(0);
    Shape output = outputShape(input, true, "channels", channels);
    for (int axis = 0; axis < window.axes(); axis++) {
      if (exceedsHalf(axis)) {
        throw new IllegalArgumentException(
            "%s: the padding must be at most half of the dilated kernel; found %s"
                .formatted(name(), window));
      }
    }
    if (!window.coversInput(spatial(input))) {
      throw new IllegalArgumentException(
          "%s: the padding is so large that a window over the input %s holds nothing else"
              .formatted(name(), input));
    }
    return output;
  }

  /** What PyTorch refuses; it also bounds the positions that {@code coversInput} goes through. */
  private boolean exceedsHalf(int axis) {
    int padding = Math.max(window.paddingBefore(axis), window.paddingAfter(axis));
    return padding > (window.dilation(axis) * (window.kernel(axis) - 1L) + 1) / 2;
  }
}
