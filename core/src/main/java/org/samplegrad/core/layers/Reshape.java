package org.samplegrad.core.layers;

import com.google.auto.service.AutoService;
import java.util.List;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.ops.Shapes;

/**
 * Each sample with the same elements in another shape, row-major.
 *
 * @param shape of one sample
 */
public record Reshape(Shape shape) implements Layer {

  @Override
  public Shape outputShape(Shape inputShape) {
    if (inputShape.size() != shape.size()) {
      throw new IllegalArgumentException(
          "An input of shape %s cannot take the shape %s".formatted(inputShape, shape));
    }
    return shape;
  }

  @Override
  public Variable forward(List<Variable> parameters, Variable input) {
    return Shapes.reshape(input, shape.prepend(input.shape().extent(0)));
  }

  /** Its names in model files. */
  @AutoService(LayerKind.Provider.class)
  public static final class CatalogueEntry implements LayerKind.Provider {
    @Override
    public List<LayerKind> kinds() {
      return List.of(new LayerKind("reshape", options -> new Reshape(options.reshaped("shape"))));
    }
  }
}
