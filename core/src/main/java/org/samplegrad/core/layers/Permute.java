package org.samplegrad.core.layers;

import com.google.auto.service.AutoService;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.ShapeRules;
import org.samplegrad.core.ops.Shapes;

/**
 * Each sample with its axes in another order, as {@code torch.permute}.
 *
 * @param axes of one sample, 0 for the first after the sample axis; negative ones count from the
 *     last
 */
public record Permute(List<Integer> axes) implements Layer {

  public Permute {
    axes = List.copyOf(axes);
  }

  private int[] order(Shape inputShape) {
    return Axes.of(inputShape, axes.stream().mapToInt(Integer::intValue).toArray());
  }

  @Override
  public Shape outputShape(Shape inputShape) {
    return ShapeRules.transposed(inputShape, order(inputShape));
  }

  @Override
  public Variable forward(List<Variable> parameters, Variable input) {
    IntStream own = Arrays.stream(order(input.shape().dropFirst())).map(axis -> 1 + axis);
    return Shapes.transpose(input, IntStream.concat(IntStream.of(0), own).toArray());
  }

  /** Its names in model files. */
  @AutoService(LayerKind.Provider.class)
  public static final class CatalogueEntry implements LayerKind.Provider {
    @Override
    public List<LayerKind> kinds() {
      return List.of(new LayerKind("permute", options -> new Permute(options.integers("axes"))));
    }
  }
}
