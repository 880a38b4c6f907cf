package org.samplegrad.core.layers;

import static org.samplegrad.core.ops.Elementwise.add;
import static org.samplegrad.core.ops.Elementwise.expm1;
import static org.samplegrad.core.ops.Elementwise.negativePart;
import static org.samplegrad.core.ops.Elementwise.relu;
import static org.samplegrad.core.ops.Elementwise.scale;

import com.google.auto.service.AutoService;
import java.util.List;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;

/** {@code x} above 0 and {@code alpha (exp(x) - 1)} elsewhere, as {@code torch.nn.ELU}. */
public record Elu(double alpha) implements Layer {

  @Override
  public Shape outputShape(Shape inputShape) {
    return inputShape;
  }

  @Override
  public Variable forward(List<Variable> parameters, Variable input) {
    return add(relu(input), scale(expm1(negativePart(input)), alpha));
  }

  /** Its names in model files. */
  @AutoService(LayerKind.Provider.class)
  public static final class CatalogueEntry implements LayerKind.Provider {
    @Override
    public List<LayerKind> kinds() {
      return List.of(new LayerKind("elu", options -> new Elu(options.number("alpha", 1))));
    }
  }
}
