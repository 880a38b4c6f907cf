package org.samplegrad.core.models;

import java.util.List;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.layers.Layer;

/**
 * Layers one after the other. A parameter is named by its layer's position and its own name, {@code
 * 0.weight}, as in {@code torch.nn.Sequential}.
 */
public final class Sequential extends Graph {
  private static final long serialVersionUID = 1L;

  /**
   * @throws UnusableModelException if a layer cannot take what the one before it gives; the message
   *     names the layer
   */
  public Sequential(Shape inputShape, List<? extends Layer> layers) {
    super(chain(inputShape, layers));
  }

  private static Graph chain(Shape inputShape, List<? extends Layer> layers) {
    Builder builder = builder(inputShape);
    int value = builder.input();
    for (int index = 0; index < layers.size(); index++) {
      value = builder.apply(Integer.toString(index), layers.get(index), value);
    }
    return builder.build(value);
  }
}
