package org.samplegrad.core.layers;

import com.google.auto.service.AutoService;
import java.util.List;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.ops.SoftmaxFamily;

/**
 * {@code exp(x) / sum(exp(x))} over an axis, as {@code torch.nn.Softmax}.
 *
 * @param axis of one sample; negative ones count from the last
 */
public record Softmax(int axis) implements Layer {

  @Override
  public Shape outputShape(Shape inputShape) {
    Axes.of(inputShape, axis);
    return inputShape;
  }

  @Override
  public Variable forward(List<Variable> parameters, Variable input) {
    return SoftmaxFamily.softmax(input, 1 + Axes.of(input.shape().dropFirst(), axis));
  }

  /** Its names in model files. */
  @AutoService(LayerKind.Provider.class)
  public static final class CatalogueEntry implements LayerKind.Provider {
    @Override
    public List<LayerKind> kinds() {
      return List.of(new LayerKind("softmax", options -> new Softmax(options.integer("axis", -1))));
    }
  }
}
