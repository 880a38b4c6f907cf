package org.samplegrad.core.layers;

import com.google.auto.service.AutoService;
import java.util.List;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;

/**
 * Each group of channels of each sample without its mean and scale, then times a weight plus a bias
 * of each channel, as {@code torch.nn.GroupNorm}; with as many groups as channels, {@code
 * torch.nn.InstanceNorm1d}, {@code InstanceNorm2d} and {@code InstanceNorm3d}.
 *
 * @param affine whether there are a weight and a bias
 */
public record GroupNorm(int groups, int channels, double epsilon, boolean affine)
    implements Normalization {

  /**
   * @throws IllegalArgumentException if the channels are not a positive multiple of the groups, or
   *     epsilon is negative
   */
  public GroupNorm {
    if (groups < 1 || channels < 1 || channels % groups != 0) {
      throw new IllegalArgumentException(
          "groupnorm needs channels that are a positive multiple of its groups; found %d channels,"
                  .formatted(channels)
              + " %d groups".formatted(groups));
    }
    Normalization.requireEpsilon("groupnorm", epsilon);
  }

  @Override
  public Shape outputShape(Shape inputShape) {
    if (inputShape.rank() == 0 || inputShape.extent(0) != channels) {
      throw new IllegalArgumentException(
          "groupnorm expects an input of shape [%d, ...], found %s"
              .formatted(channels, inputShape));
    }
    return inputShape;
  }

  @Override
  public boolean hasWeight() {
    return affine;
  }

  @Override
  public boolean hasBias() {
    return affine;
  }

  @Override
  public Shape parameterShape() {
    return Shape.of(channels);
  }

  @Override
  public Variable normalized(Variable input) {
    return Normalization.standardized(input, groups, epsilon);
  }

  @Override
  public Variable aligned(Variable parameter, Shape input) {
    return new ChannelWise(channels).aligned(parameter, input);
  }

  @Override
  public Variable summed(Variable ofElements) {
    return new ChannelWise(channels).summed(ofElements);
  }

  /** Its names in model files. */
  @AutoService(LayerKind.Provider.class)
  public static final class CatalogueEntry implements LayerKind.Provider {
    @Override
    public List<LayerKind> kinds() {
      return List.of(
          new LayerKind("groupnorm", options -> of(options, options.required("groups"), true)),
          new LayerKind("instancenorm1d", options -> ofChannels(options, 2)),
          new LayerKind("instancenorm2d", options -> ofChannels(options, 3)),
          new LayerKind("instancenorm3d", options -> ofChannels(options, 4)));
    }

    private static Layer of(LayerOptions options, int groups, boolean affine) {
      return new GroupNorm(
          groups,
          options.channels(),
          options.number("eps", Normalization.DEFAULT_EPSILON),
          options.flag("affine", affine));
    }

    private static Layer ofChannels(LayerOptions options, int axes) {
      options.requireAxes(axes, axes);
      return of(options, options.channels(), false);
    }
  }
}
