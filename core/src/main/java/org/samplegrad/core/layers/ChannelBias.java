package org.samplegrad.core.layers;

import static org.samplegrad.core.ops.Elementwise.add;

import java.util.List;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.persample.DenseGradient;
import org.samplegrad.core.persample.PerSampleGradient;

/**
 * A number for each channel, added to all of its elements: {@code [n,c,...] -> [n,c,...]} with a
 * bias {@code [c]}.
 *
 * @param initialBound initial values are uniform on {@code [-initialBound, initialBound]}
 */
record ChannelBias(int channels, double initialBound) implements ParametricLayer {

  @Override
  public Shape outputShape(Shape inputShape) {
    if (inputShape.rank() == 0 || inputShape.extent(0) != channels) {
      throw new IllegalArgumentException(
          "A bias of %d channels expects an input of as many; found %s"
              .formatted(channels, inputShape));
    }
    return inputShape;
  }

  @Override
  public List<ParameterSpec> parameters() {
    return List.of(new ParameterSpec("bias", Shape.of(channels), initialBound));
  }

  @Override
  public boolean commutesWithMaxPool() {
    return true;
  }

  @Override
  public Variable forward(List<Variable> parameters, Variable input) {
    Variable bias = new ChannelWise(channels).aligned(parameters.get(0), input.shape());
    return add(input, bias);
  }

  @Override
  public List<PerSampleGradient> perSampleGradients(Variable input, Variable outputGradient) {
    return List.of(new DenseGradient(new ChannelWise(channels).summed(outputGradient)));
  }
}
