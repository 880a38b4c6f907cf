package org.samplegrad.core.layers;

import com.google.auto.service.AutoService;
import java.util.Arrays;
import java.util.List;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.ops.Shapes;

/**
 * The last axes of each sample without their mean and scale, then times a weight plus a bias, as
 * {@code torch.nn.LayerNorm}.
 *
 * @param shape the extents of the axes, which are also those of weight and bias
 */
public record LayerNorm(Shape shape, double epsilon, boolean hasWeight, boolean hasBias)
    implements Normalization {

  /**
   * @throws IllegalArgumentException if there are no axes, epsilon is negative, or there is a bias
   *     without a weight
   */
  public LayerNorm {
    if (shape.rank() == 0) {
      throw new IllegalArgumentException("layernorm needs at least one axis");
    }
    if (hasBias && !hasWeight) {
      throw new IllegalArgumentException("layernorm has no bias where it has no weight");
    }
    Normalization.requireEpsilon("layernorm", epsilon);
  }

  @Override
  public Shape outputShape(Shape inputShape) {
    int before = inputShape.rank() - shape.rank();
    if (before < 0
        || !Arrays.equals(
            shape.extents(), Arrays.copyOfRange(inputShape.extents(), before, inputShape.rank()))) {
      throw new IllegalArgumentException(
          "layernorm expects an input whose last axes are %s, found %s"
              .formatted(shape, inputShape));
    }
    return inputShape;
  }

  @Override
  public Shape parameterShape() {
    return shape;
  }

  @Override
  public Variable normalized(Variable input) {
    int positions = input.shape().dropFirst().size() / shape.size();
    return Normalization.standardized(input, positions, epsilon);
  }

  @Override
  public Variable aligned(Variable parameter, Shape input) {
    return parameter;
  }

  @Override
  public Variable summed(Variable ofElements) {
    int samples = ofElements.shape().extent(0);
    int positions = ofElements.shape().dropFirst().size() / shape.size();
    Variable rows = Shapes.reshape(ofElements, Shape.of(samples, positions, shape.size()));
    return Shapes.reshape(Shapes.sum(rows, 1), shape.prepend(samples));
  }

  /** Its names in model files. */
  @AutoService(LayerKind.Provider.class)
  public static final class CatalogueEntry implements LayerKind.Provider {
    @Override
    public List<LayerKind> kinds() {
      return List.of(new LayerKind("layernorm", CatalogueEntry::of));
    }

    private static Layer of(LayerOptions options) {
      int[] extents = options.inputShape().extents();
      int axes = options.integer("axes", 1);
      if (axes < 1 || axes > extents.length) {
        throw new IllegalArgumentException(
            "layernorm expects 1 to %d last axes, found %d".formatted(extents.length, axes));
      }
      boolean affine = options.flag("elementwise_affine", true);
      return new LayerNorm(
          Shape.of(Arrays.copyOfRange(extents, extents.length - axes, extents.length)),
          options.number("eps", Normalization.DEFAULT_EPSILON),
          affine,
          options.flag("bias", affine));
    }
  }
}
