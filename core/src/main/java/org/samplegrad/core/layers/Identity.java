package org.samplegrad.core.layers;

import com.google.auto.service.AutoService;
import java.util.List;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;

/** What a layer does that acts in training only, such as dropout. */
public record Identity() implements Layer {

  @Override
  public Shape outputShape(Shape inputShape) {
    return inputShape;
  }

  @Override
  public Variable forward(List<Variable> parameters, Variable input) {
    return input;
  }

  /** Its names in model files. */
  @AutoService(LayerKind.Provider.class)
  public static final class CatalogueEntry implements LayerKind.Provider {
    @Override
    public List<LayerKind> kinds() {
      return List.of(
          new LayerKind("identity", options -> new Identity()),
          new LayerKind("dropout", CatalogueEntry::dropout));
    }

    /** Does nothing, as PyTorch's in evaluation mode. */
    private static Layer dropout(LayerOptions options) {
      options.number("p", 0.5);
      return new Identity();
    }
  }
}
