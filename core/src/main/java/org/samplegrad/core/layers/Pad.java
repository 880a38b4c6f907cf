package org.samplegrad.core.layers;

import com.google.auto.service.AutoService;
import java.util.List;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.ShapeRules;
import org.samplegrad.core.ops.Shapes;

/**
 * Zeros before and after an axis of each sample.
 *
 * @param axis of one sample; negative ones count from the last
 */
public record Pad(int axis, int before, int after) implements Layer {

  @Override
  public Shape outputShape(Shape inputShape) {
    return ShapeRules.padded(inputShape, Axes.of(inputShape, axis), before, after);
  }

  @Override
  public Variable forward(List<Variable> parameters, Variable input) {
    return Shapes.pad(input, 1 + Axes.of(input.shape().dropFirst(), axis), before, after);
  }

  /** Its names in model files. */
  @AutoService(LayerKind.Provider.class)
  public static final class CatalogueEntry implements LayerKind.Provider {
    @Override
    public List<LayerKind> kinds() {
      return List.of(
          new LayerKind(
              "pad",
              options ->
                  new Pad(
                      options.integer("axis", 0),
                      options.integer("before", 0),
                      options.integer("after", 0))));
    }
  }
}
