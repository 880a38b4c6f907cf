package org.samplegrad.core.layers;

import com.google.auto.service.AutoService;
import java.util.List;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.ops.Elementwise;

/**
 * {@code log(1 + exp(beta x)) / beta}, and {@code x} where {@code beta x} exceeds the threshold, as
 * {@code torch.nn.Softplus}; an infinite threshold means none.
 */
public record Softplus(double beta, double threshold) implements Layer {

  /**
   * @throws IllegalArgumentException if beta is 0
   */
  public Softplus {
    if (beta == 0) {
      throw new IllegalArgumentException("softplus needs a beta that is not 0");
    }
  }

  @Override
  public Shape outputShape(Shape inputShape) {
    return inputShape;
  }

  @Override
  public Variable forward(List<Variable> parameters, Variable input) {
    Variable scaled = Elementwise.scale(input, beta);
    return Elementwise.scale(Elementwise.softplus(scaled, threshold), 1 / beta);
  }

  /** Its names in model files. */
  @AutoService(LayerKind.Provider.class)
  public static final class CatalogueEntry implements LayerKind.Provider {
    @Override
    public List<LayerKind> kinds() {
      return List.of(
          new LayerKind(
              "softplus",
              options -> new Softplus(options.number("beta", 1), options.number("threshold", 20))));
    }
  }
}
