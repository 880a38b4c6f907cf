package org.samplegrad.core.layers;

import java.util.List;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Window;
import org.samplegrad.core.ops.Selection;

/** The maximum of each window of each channel, as {@code torch.nn.MaxPool2d}. */
public record MaxPool2d(Window window) implements Layer {

  @Override
  public Shape outputShape(Shape inputShape) {
    if (inputShape.rank() != 3) {
      throw new IllegalArgumentException(
          "maxpool2d expects an input of shape [channels, height, width], found " + inputShape);
    }
    int height = window.outputExtent(0, inputShape.extent(1));
    int width = window.outputExtent(1, inputShape.extent(2));
    if (height < 1 || width < 1) {
      throw new IllegalArgumentException(
          "maxpool2d: a kernel of %s does not fit into the padded input %s"
              .formatted(window.kernelText(), inputShape));
    }
    if (exceedsHalf(0) || exceedsHalf(1)) {
      throw new IllegalArgumentException(
          "maxpool2d: the padding must be at most half of the dilated kernel; found " + window);
    }
    if (!window.coversInput(inputShape.extent(1), inputShape.extent(2))) {
      throw new IllegalArgumentException(
          "maxpool2d: the padding is so large that a window over the input %s holds nothing else"
              .formatted(inputShape));
    }
    return Shape.of(inputShape.extent(0), height, width);
  }

  /** What PyTorch refuses; it also bounds the positions that {@code coversInput} goes through. */
  private boolean exceedsHalf(int axis) {
    int padding = Math.max(window.paddingBefore(axis), window.paddingAfter(axis));
    return padding > (window.dilation(axis) * (window.kernel(axis) - 1L) + 1) / 2;
  }

  @Override
  public Variable forward(List<Variable> parameters, Variable input) {
    return Selection.maxPool(input, window);
  }
}
