package org.samplegrad.core.layers;

import com.google.auto.service.AutoService;
import java.util.List;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Window;
import org.samplegrad.core.ops.Selection;

/**
 * The maximum of each window of each channel, as {@code torch.nn.MaxPool1d}, {@code MaxPool2d} and
 * {@code MaxPool3d}; what lies outside of the image never wins.
 */
public record MaxPool(Window window) implements Layer {

  @Override
  public Shape outputShape(Shape inputShape) {
    return new Sliding("maxpool", window).pooledShape(inputShape);
  }

  @Override
  public Variable forward(List<Variable> parameters, Variable input) {
    return Selection.maxPool(input, window);
  }

  /** Its names in model files. */
  @AutoService(LayerKind.Provider.class)
  public static final class CatalogueEntry implements LayerKind.Provider {
    @Override
    public List<LayerKind> kinds() {
      return List.of(
          new LayerKind("maxpool1d", options -> of(options, 1)),
          new LayerKind("maxpool2d", options -> of(options, 2)),
          new LayerKind("maxpool3d", options -> of(options, 3)));
    }

    private static Layer of(LayerOptions options, int axes) {
      boolean roundsUp = options.flag("ceil_mode", false);
      return new MaxPool(options.window(axes, true).roundingUp(roundsUp));
    }
  }
}
