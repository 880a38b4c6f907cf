package org.samplegrad.core.losses;

import static org.samplegrad.core.ops.Elementwise.subtract;
import static org.samplegrad.core.ops.Selection.gather;
import static org.samplegrad.core.ops.Shapes.logSumExp;
import static org.samplegrad.core.ops.Shapes.reshape;

import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Indices;
import org.samplegrad.core.backend.Shape;

/**
 * {@code log(sum_k exp(z[n,k])) - z[n, y_n]} for class scores {@code z} and class indices {@code
 * y}, as {@code torch.nn.CrossEntropyLoss}.
 */
public record CrossEntropy() implements Loss {

  @Override
  public TargetSpec target(Shape outputShape) {
    if (outputShape.rank() != 1) {
      throw new IllegalArgumentException(
          "cross-entropy expects one score per class, a model output of shape [classes]; found "
              + outputShape);
    }
    return new TargetSpec.ClassIndex(outputShape.extent(0));
  }

  @Override
  public Variable losses(Variable predictions, Targets targets) {
    int samples = predictions.shape().extent(0);
    int classes = predictions.shape().extent(1);
    if (targets.values().length != samples) {
      throw new IllegalArgumentException(
          "%d class indices were given for %d samples".formatted(targets.values().length, samples));
    }
    TargetSpec label = new TargetSpec.ClassIndex(classes);
    int[] positions = new int[samples];
    for (int n = 0; n < samples; n++) {
      double value = targets.values()[n];
      if (label.problem(value) != null) {
        throw new IllegalArgumentException(label.problem(value));
      }
      positions[n] = n * classes + (int) value;
    }
    Shape column = Shape.of(samples);
    Variable chosen = gather(predictions, new Indices(column, positions));
    return subtract(reshape(logSumExp(predictions), column), chosen);
  }

  @Override
  public double denominator(Targets targets) {
    return targets.samples();
  }
}
