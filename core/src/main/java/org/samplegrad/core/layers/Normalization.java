package org.samplegrad.core.layers;

import static org.samplegrad.core.ops.Elementwise.add;
import static org.samplegrad.core.ops.Elementwise.divide;
import static org.samplegrad.core.ops.Elementwise.multiply;
import static org.samplegrad.core.ops.Elementwise.scale;
import static org.samplegrad.core.ops.Elementwise.sqrt;
import static org.samplegrad.core.ops.Elementwise.square;
import static org.samplegrad.core.ops.Elementwise.subtract;
import static org.samplegrad.core.ops.Shapes.reshape;
import static org.samplegrad.core.ops.Shapes.sum;

import java.util.ArrayList;
import java.util.List;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.persample.DenseGradient;
import org.samplegrad.core.persample.PerSampleGradient;

/** {@code weight normalized(x) + bias}, where both or either may be left out. */
interface Normalization extends ParametricLayer {
  /** PyTorch's default for every normalisation. */
  double DEFAULT_EPSILON = 1e-5;

  boolean hasWeight();

  boolean hasBias();

  /** The shape of weight and bias. */
  Shape parameterShape();

  /** The input without its mean and scale, in its shape. */
  Variable normalized(Variable input);

  /** Weight or bias in a shape that broadcasts to the input's. */
  Variable aligned(Variable parameter, Shape input);

  /** {@code [n, ...] -> [n, ...parameterShape]}, the adjoint of broadcasting in each sample. */
  Variable summed(Variable ofElements);

  /** The deviations, their squares and the normalised input. */
  @Override
  default long scratchElements(Shape inputShape) {
    return 3L * inputShape.size();
  }

  /** PyTorch starts with a weight of 1 and a bias of 0. */
  @Override
  default List<ParameterSpec> parameters() {
    List<ParameterSpec> parameters = new ArrayList<>();
    if (hasWeight()) {
      parameters.add(new ParameterSpec("weight", parameterShape(), 1, 0));
    }
    if (hasBias()) {
      parameters.add(new ParameterSpec("bias", parameterShape(), 0, 0));
    }
    return parameters;
  }

  @Override
  default Variable forward(List<Variable> parameters, Variable input) {
    Variable result = normalized(input);
    if (hasWeight()) {
      result = multiply(result, aligned(parameters.get(0), input.shape()));
    }
    if (hasBias()) {
      result = add(result, aligned(parameters.get(parameters.size() - 1), input.shape()));
    }
    return result;
  }

  @Override
  default List<PerSampleGradient> perSampleGradients(Variable input, Variable outputGradient) {
    List<PerSampleGradient> gradients = new ArrayList<>();
    if (hasWeight()) {
      Variable ofElements = multiply(outputGradient, normalized(input));
      gradients.add(new DenseGradient(summed(ofElements)));
    }
    if (hasBias()) {
      gradients.add(new DenseGradient(summed(outputGradient)));
    }
    return gradients;
  }

  /**
   * {@code (x - mean) / sqrt(variance + epsilon)} over the last axis of {@code [n, groups, size]},
   * with the population variance.
   */
  static Variable standardized(Variable x, double epsilon) {
    double share = 1.0 / x.shape().extent(2);
    Variable deviation = subtract(x, scale(sum(x, 2), share));
    Variable variance = scale(sum(square(deviation), 2), share);
    Variable constant = Variable.constant(x.backend().fill(Shape.scalar(), epsilon));
    return divide(deviation, sqrt(add(variance, constant)));
  }

  /** The same over groups of consecutive elements of each sample. */
  static Variable standardized(Variable x, int groups, double epsilon) {
    int samples = x.shape().extent(0);
    int size = x.shape().size() / (samples * groups);
    return reshape(standardized(reshape(x, Shape.of(samples, groups, size)), epsilon), x.shape());
  }

  /**
   * @throws IllegalArgumentException if epsilon is negative or not a number
   */
  static void requireEpsilon(String layer, double epsilon) {
    if (!(epsilon >= 0)) {
      throw new IllegalArgumentException(
          "%s needs an eps of at least 0; found %s".formatted(layer, epsilon));
    }
  }
}
