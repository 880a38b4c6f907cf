package org.samplegrad.core.layers;

import static org.samplegrad.core.ops.Elementwise.multiply;
import static org.samplegrad.core.ops.Elementwise.subtract;

import java.util.List;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;

/**
 * {@code (x - mean) / sqrt(variance + epsilon)} of each channel, then times a weight plus a bias,
 * as {@code torch.nn.BatchNorm1d}, {@code BatchNorm2d} and {@code BatchNorm3d} in evaluation mode.
 * The statistics are constants: in training mode samples would not have gradients of their own.
 *
 * @param mean the running mean of each channel
 * @param variance the running variance of each channel
 * @param affine whether there are a weight and a bias
 */
public record BatchNorm(List<Double> mean, List<Double> variance, double epsilon, boolean affine)
    implements Normalization {

  /**
   * @throws IllegalArgumentException if the lists are empty or differ in length, or a variance plus
   *     epsilon is not positive
   */
  public BatchNorm {
    mean = List.copyOf(mean);
    variance = List.copyOf(variance);
    if (mean.isEmpty() || mean.size() != variance.size()) {
      throw new IllegalArgumentException(
          "batchnorm needs a mean and a variance for each channel; found %d and %d"
              .formatted(mean.size(), variance.size()));
    }
    for (double channel : variance) {
      if (!(channel + epsilon > 0)) {
        throw new IllegalArgumentException(
            "batchnorm needs variances that are positive with eps; found %s and %s"
                .formatted(channel, epsilon));
      }
    }
  }

  private int channels() {
    return mean.size();
  }

  @Override
  public Shape outputShape(Shape inputShape) {
    if (inputShape.rank() == 0 || inputShape.extent(0) != channels()) {
      throw new IllegalArgumentException(
          "batchnorm expects an input of shape [%d, ...], found %s"
              .formatted(channels(), inputShape));
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
    return Shape.of(channels());
  }

  @Override
  public Variable normalized(Variable input) {
    double[] scales =
        variance.stream().mapToDouble(channel -> 1 / Math.sqrt(channel + epsilon)).toArray();
    double[] means = mean.stream().mapToDouble(Double::doubleValue).toArray();
    return multiply(subtract(input, constant(means, input)), constant(scales, input));
  }

  private Variable constant(double[] ofChannels, Variable input) {
    Variable constant = Variable.constant(input.backend().tensor(parameterShape(), ofChannels));
    return aligned(constant, input.shape());
  }

  @Override
  public Variable aligned(Variable parameter, Shape input) {
    return new ChannelWise(channels()).aligned(parameter, input);
  }

  @Override
  public Variable summed(Variable ofElements) {
    return new ChannelWise(channels()).summed(ofElements);
  }
}
