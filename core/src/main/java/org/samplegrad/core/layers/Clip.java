package org.samplegrad.core.layers;

import com.google.auto.service.AutoService;
import java.util.List;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.ops.Elementwise;

/**
 * {@code min(max(x, minimum), maximum)}, as {@code torch.clamp} and {@code torch.nn.Hardtanh}, with
 * derivative 0 at the bounds; either may be infinite.
 */
public record Clip(double minimum, double maximum) implements Layer {

  /**
   * @throws IllegalArgumentException if the bounds are not in order
   */
  public Clip {
    if (!(minimum <= maximum)) {
      throw new IllegalArgumentException(
          "The minimum %s of a clip is not below its maximum %s".formatted(minimum, maximum));
    }
  }

  @Override
  public Shape outputShape(Shape inputShape) {
    return inputShape;
  }

  @Override
  public Variable forward(List<Variable> parameters, Variable input) {
    return Elementwise.clip(input, minimum, maximum);
  }

  /** Its names in model files. */
  @AutoService(LayerKind.Provider.class)
  public static final class CatalogueEntry implements LayerKind.Provider {
    @Override
    public List<LayerKind> kinds() {
      return List.of(
          new LayerKind(
              "hardtanh",
              options -> new Clip(options.number("min_val", -1), options.number("max_val", 1))),
          new LayerKind(
              "clamp",
              options ->
                  new Clip(
                      options.number("min", Double.NEGATIVE_INFINITY),
                      options.number("max", Double.POSITIVE_INFINITY))));
    }
  }
}
