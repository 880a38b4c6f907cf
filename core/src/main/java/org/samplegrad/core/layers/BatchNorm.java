package org.samplegrad.core.layers;

import static org.samplegrad.core.ops.Elementwise.add;
import static org.samplegrad.core.ops.Elementwise.multiply;
import static org.samplegrad.core.ops.Elementwise.negate;
import static org.samplegrad.core.ops.Elementwise.subtract;

import com.google.auto.service.AutoService;
import java.util.List;
import java.util.stream.IntStream;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Shape;

/**
 * {@code (x - mean) / sqrt(variance + epsilon)} of each channel, then times a weight plus a bias,
 * as {@code torch.nn.BatchNorm1d}, {@code BatchNorm2d} and {@code BatchNorm3d} in evaluation mode.
 * The statistics are constants: in training mode samples would not have gradients of their own.
 *
 * @param mean the running mean of each channel, or nothing for 0
 * @param variance the running variance of each channel, or nothing for 1
 * @param affine whether there are a weight and a bias
 */
public record BatchNorm(
    int channels, List<Double> mean, List<Double> variance, double epsilon, boolean affine)
    implements Normalization {

  /**
   * @throws IllegalArgumentException if there is no channel, a list has not as many numbers, or a
   *     variance plus epsilon is not positive
   */
  public BatchNorm {
    mean = List.copyOf(mean);
    variance = List.copyOf(variance);
    if (channels < 1) {
      throw new IllegalArgumentException("batchnorm needs at least one channel; found " + channels);
    }
    for (List<Double> statistics : List.of(mean, variance)) {
      if (!statistics.isEmpty() && statistics.size() != channels) {
        throw new IllegalArgumentException(
            "batchnorm of %d channels needs as many means and variances; found %d"
                .formatted(channels, statistics.size()));
      }
    }
    Normalization.requireEpsilon("batchnorm", epsilon);
    for (double channel : variance) {
      if (!(channel + epsilon > 0)) {
        throw new IllegalArgumentException(
            "batchnorm needs variances that are positive with eps; found %s and %s"
                .formatted(channel, epsilon));
      }
    }
  }

  /** With the statistics of every channel. */
  public BatchNorm(List<Double> mean, List<Double> variance, double epsilon, boolean affine) {
    this(mean.size(), mean, variance, epsilon, affine);
  }

  @Override
  public Shape outputShape(Shape inputShape) {
    if (inputShape.rank() == 0 || inputShape.extent(0) != channels) {
      throw new IllegalArgumentException(
          "batchnorm expects an input of shape [%d, ...], found %s"
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

  /** With one factor and one summand for each channel, so that the images are gone over twice. */
  @Override
  public Variable forward(List<Variable> parameters, Variable input) {
    Backend backend = input.backend();
    Variable factor = Variable.constant(backend.tensor(parameterShape(), inverseDeviations()));
    Variable mean = Variable.constant(backend.tensor(parameterShape(), means()));
    if (affine) {
      factor = multiply(factor, parameters.get(0));
    }
    Variable summand = negate(multiply(mean, factor));
    if (affine) {
      summand = add(summand, parameters.get(1));
    }
    Variable scaled = multiply(input, aligned(factor, input.shape()));
    return add(scaled, aligned(summand, input.shape()));
  }

  @Override
  public Variable normalized(Variable input) {
    Variable centred = subtract(input, constant(means(), input));
    return multiply(centred, constant(inverseDeviations(), input));
  }

  private Variable constant(double[] ofChannels, Variable input) {
    Variable constant = Variable.constant(input.backend().tensor(parameterShape(), ofChannels));
    return aligned(constant, input.shape());
  }

  private double[] means() {
    return IntStream.range(0, channels)
        .mapToDouble(c -> mean.isEmpty() ? 0 : mean.get(c))
        .toArray();
  }

  private double[] inverseDeviations() {
    return IntStream.range(0, channels)
        .mapToDouble(c -> 1 / Math.sqrt((variance.isEmpty() ? 1 : variance.get(c)) + epsilon))
        .toArray();
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
          new LayerKind("batchnorm1d", options -> of(options, 1, 2)),
          new LayerKind("batchnorm2d", options -> of(options, 3, 3)),
          new LayerKind("batchnorm3d", options -> of(options, 4, 4)));
    }

    private static Layer of(LayerOptions options, int fewestAxes, int mostAxes) {
      options.requireAxes(fewestAxes, mostAxes);
      return new BatchNorm(
          options.channels(),
          options.numbers("running_mean"),
          options.numbers("running_var"),
          options.number("eps", Normalization.DEFAULT_EPSILON),
          options.flag("affine", true));
    }
  }
}
