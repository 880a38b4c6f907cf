package org.samplegrad.core.layers;

import static org.samplegrad.core.ops.Elementwise.multiply;
import static org.samplegrad.core.ops.Elementwise.scale;
import static org.samplegrad.core.ops.Elementwise.subtract;

import java.util.List;
import org.samplegrad.core.autograd.Variable;
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

  @Override
  public Variable normalized(Variable input) {
    Variable centred = mean.isEmpty() ? input : subtract(input, constant(mean, input));
    if (variance.isEmpty()) {
      return scale(centred, inverseDeviation(1));
    }
    List<Double> scales = variance.stream().map(this::inverseDeviation).toList();
    return multiply(centred, constant(scales, input));
  }

  private double inverseDeviation(double ofChannel) {
    return 1 / Math.sqrt(ofChannel + epsilon);
  }

  private Variable constant(List<Double> ofChannels, Variable input) {
    double[] values = ofChannels.stream().mapToDouble(Double::doubleValue).toArray();
    return aligned(
        Variable.constant(input.backend().tensor(parameterShape(), values)), input.shape());
  }

  @Override
  public Variable aligned(Variable parameter, Shape input) {
    return new ChannelWise(channels).aligned(parameter, input);
  }

  @Override
  public Variable summed(Variable ofElements) {
    return new ChannelWise(channels).summed(ofElements);
  }
}
