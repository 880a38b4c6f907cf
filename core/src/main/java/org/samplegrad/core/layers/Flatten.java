package org.samplegrad.core.layers;

import com.google.auto.service.AutoService;
import java.util.Arrays;
import java.util.List;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.ops.Shapes;

/**
 * The axes {@code from} to {@code to} of each sample as one, as {@code torch.nn.Flatten}, whose
 * axes count the sample axis too; negative ones count from the last.
 */
public record Flatten(int from, int to) implements Layer {

  /** Each sample as a vector. */
  public Flatten() {
    this(0, -1);
  }

  @Override
  public Shape outputShape(Shape inputShape) {
    if (inputShape.rank() == 0) {
      return Shape.of(1);
    }
    int first = Axes.of(inputShape, from);
    int last = Axes.of(inputShape, to);
    if (first > last) {
      throw new IllegalArgumentException(
          "flatten: the axes %d to %d of an input of shape %s are not in order"
              .formatted(from, to, inputShape));
    }
    int[] extents = new int[inputShape.rank() - (last - first)];
    Arrays.fill(extents, 1);
    for (int axis = 0; axis < inputShape.rank(); axis++) {
      int merged = axis <= first ? axis : Math.max(first, axis - (last - first));
      extents[merged] *= inputShape.extent(axis);
    }
    return Shape.of(extents);
  }

  @Override
  public Variable forward(List<Variable> parameters, Variable input) {
    Shape shape = input.shape();
    return Shapes.reshape(input, outputShape(shape.dropFirst()).prepend(shape.extent(0)));
  }

  /** Its names in model files. */
  @AutoService(LayerKind.Provider.class)
  public static final class CatalogueEntry implements LayerKind.Provider {
    @Override
    public List<LayerKind> kinds() {
      return List.of(
          new LayerKind(
              "flatten",
              options ->
                  new Flatten(options.integer("start_axis", 0), options.integer("end_axis", -1))));
    }
  }
}
