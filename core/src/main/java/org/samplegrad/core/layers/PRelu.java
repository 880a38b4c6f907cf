package org.samplegrad.core.layers;

import static org.samplegrad.core.ops.Elementwise.add;
import static org.samplegrad.core.ops.Elementwise.multiply;
import static org.samplegrad.core.ops.Elementwise.negativePart;
import static org.samplegrad.core.ops.Elementwise.relu;

import com.google.auto.service.AutoService;
import java.util.List;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.persample.DenseGradient;
import org.samplegrad.core.persample.PerSampleGradient;

/**
 * {@code x} above 0 and {@code weight x} elsewhere, as {@code torch.nn.PReLU}.
 *
 * @param channels 1 for one weight, or one for each element of the first axis
 */
public record PRelu(int channels) implements ParametricLayer {
  private static final double INITIAL = 0.25;

  /**
   * @throws IllegalArgumentException if there is no channel
   */
  public PRelu {
    if (channels < 1) {
      throw new IllegalArgumentException("prelu needs at least one channel; found " + channels);
    }
  }

  @Override
  public Shape outputShape(Shape inputShape) {
    if (channels != 1 && (inputShape.rank() == 0 || inputShape.extent(0) != channels)) {
      throw new IllegalArgumentException(
          "prelu expects an input of shape [%d, ...], found %s".formatted(channels, inputShape));
    }
    return inputShape;
  }

  @Override
  public List<ParameterSpec> parameters() {
    return List.of(new ParameterSpec("weight", Shape.of(channels), INITIAL, 0));
  }

  @Override
  public Variable forward(List<Variable> parameters, Variable input) {
    Variable weight = new ChannelWise(channels).aligned(parameters.get(0), input.shape());
    return add(relu(input), multiply(weight, negativePart(input)));
  }

  @Override
  public List<PerSampleGradient> perSampleGradients(Variable input, Variable outputGradient) {
    Variable ofElements = multiply(outputGradient, negativePart(input));
    return List.of(new DenseGradient(new ChannelWise(channels).summed(ofElements)));
  }

  /** Its names in model files. */
  @AutoService(LayerKind.Provider.class)
  public static final class CatalogueEntry implements LayerKind.Provider {
    @Override
    public List<LayerKind> kinds() {
      return List.of(
          new LayerKind("prelu", options -> new PRelu(options.integer("num_parameters", 1))));
    }
  }
}
