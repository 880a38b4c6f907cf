package org.samplegrad.core.layers;

import java.util.List;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Window;
import org.samplegrad.core.ops.Selection;

/**
 * The maximum of each window of each channel, as {@code torch.nn.MaxPool1d}, {@code MaxPool2d} and
 * {@code MaxPool3d}; what lies outside of the image never wins.
 */
public record MaxPool(Window window) implements Layer {

  @Override
  public Shape outputShape(Shape inputShape) {
    return new Sliding("maxpool", window).pooledShape(inputShape);
  }

  @Override
  public Variable forward(List<Variable> parameters, Variable input) {
    return Selection.maxPool(input, window);
  }
}
