package org.samplegrad.core.layers;

import static org.samplegrad.core.ops.Elementwise.add;
import static org.samplegrad.core.ops.Shapes.reshape;
import static org.samplegrad.core.ops.Shapes.sum;

import java.util.ArrayList;
import java.util.List;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Window;
import org.samplegrad.core.ops.Convolutions;
import org.samplegrad.core.persample.DenseGradient;
import org.samplegrad.core.persample.PerSampleGradient;
import org.samplegrad.core.persample.SummedOuterProductGradient;

/**
 * Convolution (cross-correlation) over height and width, as {@code torch.nn.Conv2d}: {@code
 * [n,c,h,w] -> [n,o,h',w']} with a weight {@code [o, c/groups, kh, kw]}.
 *
 * @param bias whether there is one, {@code [o]}
 */
public record Conv2d(int inputs, int outputs, Window window, int groups, boolean bias)
    implements ParametricLayer {

  /**
   * @throws IllegalArgumentException if a channel count is not a positive multiple of {@code
   *     groups}
   */
  public Conv2d {
    if (groups < 1 || inputs < 1 || outputs < 1 || inputs % groups != 0 || outputs % groups != 0) {
      throw new IllegalArgumentException(
          "conv2d needs input and output channels that are positive multiples of its groups;"
              + " found %d inputs, %d outputs, %d groups".formatted(inputs, outputs, groups));
    }
    weightShape(inputs, outputs, window, groups);
  }

  private static Shape weightShape(int inputs, int outputs, Window window, int groups) {
    return Shape.of(outputs, inputs / groups, window.kernel(0), window.kernel(1));
  }

  private Shape weightShape() {
    return weightShape(inputs, outputs, window, groups);
  }

  @Override
  public Shape outputShape(Shape inputShape) {
    if (inputShape.rank() != 3 || inputShape.extent(0) != inputs) {
      throw new IllegalArgumentException(
          "conv2d expects an input of shape [%d, height, width], found %s"
              .formatted(inputs, inputShape));
    }
    int height = window.outputExtent(0, inputShape.extent(1));
    int width = window.outputExtent(1, inputShape.extent(2));
    if (height < 1 || width < 1) {
      throw new IllegalArgumentException(
          "conv2d: a kernel of %s does not fit into the padded input %s"
              .formatted(window.kernelText(), inputShape));
    }
    return Shape.of(outputs, height, width);
  }

  /** The unfolded windows. */
  @Override
  public long scratchElements(Shape inputShape) {
    Shape output = outputShape(inputShape);
    return (long) inputs * window.kernelSize() * output.extent(1) * output.extent(2);
  }

  @Override
  public List<ParameterSpec> parameters() {
    Shape weight = weightShape();
    double bound = 1 / Math.sqrt(weight.dropFirst().size());
    List<ParameterSpec> parameters = new ArrayList<>();
    parameters.add(new ParameterSpec("weight", weight, bound));
    if (bias) {
      parameters.add(new ParameterSpec("bias", Shape.of(outputs), bound));
    }
    return parameters;
  }

  @Override
  public Variable forward(List<Variable> parameters, Variable input) {
    Variable product = Convolutions.convolve(input, parameters.get(0), window, groups);
    return bias ? add(product, reshape(parameters.get(1), Shape.of(outputs, 1, 1))) : product;
  }

  @Override
  public List<PerSampleGradient> perSampleGradients(Variable input, Variable outputGradient) {
    int samples = input.shape().extent(0);
    int positions = outputGradient.shape().extent(2) * outputGradient.shape().extent(3);
    int columns = weightShape().dropFirst().size();
    PerSampleGradient weight =
        new SummedOuterProductGradient(
            reshape(outputGradient, Shape.of(samples, groups, outputs / groups, positions)),
            reshape(
                Convolutions.unfold(input, window), Shape.of(samples, groups, columns, positions)),
            weightShape());
    if (!bias) {
      return List.of(weight);
    }
    Variable summed = reshape(sum(outputGradient, 2, 3), Shape.of(samples, outputs));
    return List.of(weight, new DenseGradient(summed));
  }
}
