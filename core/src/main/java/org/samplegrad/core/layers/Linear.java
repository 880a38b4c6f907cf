package org.samplegrad.core.layers;

import static org.samplegrad.core.ops.Elementwise.add;
import static org.samplegrad.core.ops.Products.matmul;
import static org.samplegrad.core.ops.Shapes.reshape;
import static org.samplegrad.core.ops.Shapes.sum;
import static org.samplegrad.core.ops.Shapes.transpose;

import com.google.auto.service.AutoService;
import java.util.ArrayList;
import java.util.List;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.persample.DenseGradient;
import org.samplegrad.core.persample.OuterProductGradient;
import org.samplegrad.core.persample.PerSampleGradient;
import org.samplegrad.core.persample.SummedOuterProductGradient;

/**
 * {@code y[n,...,o] = sum_i weight[o,i] x[n,...,i] + bias[o]}, as {@code torch.nn.Linear}, on
 * vectors or at every position of a sequence or image whose last axis holds the features.
 *
 * @param bias whether there is one
 * @param inputsFirst whether the weight is {@code [i,o]} instead of {@code [o,i]}
 */
public record Linear(int inputs, int outputs, boolean bias, boolean inputsFirst)
    implements ParametricLayer {

  /**
   * @throws IllegalArgumentException if there is no input or no output feature
   */
  public Linear {
    if (inputs < 1 || outputs < 1) {
      throw new IllegalArgumentException(
          "A linear layer needs at least one input and one output; found %d and %d"
              .formatted(inputs, outputs));
    }
    Shape.of(outputs, inputs);
  }

  /** With a weight {@code [o,i]}, as PyTorch has it. */
  public Linear(int inputs, int outputs, boolean bias) {
    this(inputs, outputs, bias, false);
  }

  @Override
  public Shape outputShape(Shape inputShape) {
    if (inputShape.rank() == 0 || inputShape.extent(-1) != inputs) {
      String hint =
          inputShape.rank() > 1 && inputShape.size() == inputs
              ? "; put a flatten layer before it"
              : "";
      throw new IllegalArgumentException(
          "linear expects an input of shape [..., %d], found %s%s"
              .formatted(inputs, inputShape, hint));
    }
    int[] extents = inputShape.extents();
    extents[extents.length - 1] = outputs;
    return Shape.of(extents);
  }

  private Shape weightShape() {
    return inputsFirst ? Shape.of(inputs, outputs) : Shape.of(outputs, inputs);
  }

  @Override
  public List<ParameterSpec> parameters() {
    double bound = 1 / Math.sqrt(inputs);
    List<ParameterSpec> parameters = new ArrayList<>();
    parameters.add(new ParameterSpec("weight", weightShape(), bound));
    if (bias) {
      parameters.add(new ParameterSpec("bias", Shape.of(outputs), bound));
    }
    return parameters;
  }

  @Override
  public Variable forward(List<Variable> parameters, Variable input) {
    Shape shape = input.shape();
    Variable rows = reshape(input, Shape.of(shape.size() / inputs, inputs));
    Variable product = matmul(rows, false, parameters.get(0), !inputsFirst);
    Variable result = bias ? add(product, parameters.get(1)) : product;
    return reshape(result, outputShape(shape.dropFirst()).prepend(shape.extent(0)));
  }

  @Override
  public List<PerSampleGradient> perSampleGradients(Variable input, Variable outputGradient) {
    if (input.shape().rank() == 2) {
      PerSampleGradient weight =
          inputsFirst
              ? new OuterProductGradient(input, outputGradient)
              : new OuterProductGradient(outputGradient, input);
      return bias ? List.of(weight, new DenseGradient(outputGradient)) : List.of(weight);
    }
    int samples = input.shape().extent(0);
    Variable gradients = positions(outputGradient, outputs);
    Variable features = positions(input, inputs);
    PerSampleGradient weight =
        inputsFirst
            ? new SummedOuterProductGradient(features, gradients, weightShape())
            : new SummedOuterProductGradient(gradients, features, weightShape());
    return bias
        ? List.of(weight, new DenseGradient(reshape(sum(gradients, 3), Shape.of(samples, outputs))))
        : List.of(weight);
  }

  /** {@code [n, ..., i] -> [n, 1, i, p]}. */
  private static Variable positions(Variable x, int features) {
    int samples = x.shape().extent(0);
    int positions = x.shape().size() / (samples * features);
    Variable rows = reshape(x, Shape.of(samples, 1, positions, features));
    return transpose(rows, 0, 1, 3, 2);
  }

  /** Its names in model files. */
  @AutoService(LayerKind.Provider.class)
  public static final class CatalogueEntry implements LayerKind.Provider {
    @Override
    public List<LayerKind> kinds() {
      return List.of(
          new LayerKind(
              "linear",
              options ->
                  new Linear(
                      options.features(), options.required("out"), options.flag("bias", true))));
    }
  }
}
