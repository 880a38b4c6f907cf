package org.samplegrad.core.layers;

import com.google.auto.service.AutoService;
import java.util.List;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.ShapeRules;
import org.samplegrad.core.ops.Shapes;

/**
 * The elements {@code from} to {@code to - 1} along an axis of each sample, at least one.
 *
 * @param axis of one sample; negative ones count from the last
 */
public record Slice(int axis, int from, int to) implements Layer {

  @Override
  public Shape outputShape(Shape inputShape) {
    return ShapeRules.sliced(inputShape, Axes.of(inputShape, axis), from, to);
  }

  @Override
  public Variable forward(List<Variable> parameters, Variable input) {
    return Shapes.slice(input, 1 + Axes.of(input.shape().dropFirst(), axis), from, to);
  }

  /** Its names in model files. */
  @AutoService(LayerKind.Provider.class)
  public static final class CatalogueEntry implements LayerKind.Provider {
    @Override
    public List<LayerKind> kinds() {
      return List.of(
          new LayerKind(
              "slice",
              options ->
                  new Slice(
                      options.integer("axis", 0),
                      options.integer("from", 0),
                      options.required("to"))));
    }
  }
}
