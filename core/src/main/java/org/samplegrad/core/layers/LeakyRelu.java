package org.samplegrad.core.layers;

import static org.samplegrad.core.ops.Elementwise.add;
import static org.samplegrad.core.ops.Elementwise.negativePart;
import static org.samplegrad.core.ops.Elementwise.relu;
import static org.samplegrad.core.ops.Elementwise.scale;

import com.google.auto.service.AutoService;
import java.util.List;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;

/**
 * {@code x} above 0 and {@code slope x} elsewhere, as {@code torch.nn.LeakyReLU}; the derivative at
 * 0 is the slope.
 */
public record LeakyRelu(double slope) implements Layer {

  @Override
  public Shape outputShape(Shape inputShape) {
    return inputShape;
  }

  @Override
  public Variable forward(List<Variable> parameters, Variable input) {
    return add(relu(input), scale(negativePart(input), slope));
  }

  /** Its names in model files. */
  @AutoService(LayerKind.Provider.class)
  public static final class CatalogueEntry implements LayerKind.Provider {
    @Override
    public List<LayerKind> kinds() {
      return List.of(
          new LayerKind(
              "leakyrelu", options -> new LeakyRelu(options.number("negative_slope", 0.01))));
    }
  }
}
