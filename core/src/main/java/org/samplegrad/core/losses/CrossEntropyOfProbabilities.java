package org.samplegrad.core.losses;

import static org.samplegrad.core.ops.Elementwise.multiply;
import static org.samplegrad.core.ops.Shapes.sumPerSample;

import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;

/**
 * {@code sum_q sum_k w_k t[n,k,q] (log(sum_j exp(z[n,j,q])) - z[n,k,q])} for class scores {@code z}
 * and class probabilities {@code y} at each position {@code q}, as {@code
 * torch.nn.CrossEntropyLoss}; {@code t = (1 - e) y + e/K} with label smoothing {@code e} over
 * {@code K} classes. A mean divides by the number of positions of all samples, whatever the
 * weights.
 *
 * @param labelSmoothing from 0 to 1
 */
public record CrossEntropyOfProbabilities(Weights classWeights, double labelSmoothing)
    implements Loss {

  public CrossEntropyOfProbabilities {
    CrossEntropy.requireFraction(labelSmoothing);
  }

  @Override
  public TargetSpec target(Shape outputShape) {
    int classes = ClassLabels.classes(outputShape, classWeights);
    return new TargetSpec.Probabilities(classes, outputShape.size() / classes);
  }

  @Override
  public Variable losses(Variable predictions, Targets targets) {
    int classes = ClassScores.classes(predictions);
    int positions = predictions.shape().dropFirst().size() / classes;
    double[] factors = new double[targets.values().length];
    for (int i = 0; i < factors.length; i++) {
      double smoothed = (1 - labelSmoothing) * targets.values()[i] + labelSmoothing / classes;
      factors[i] = classWeights.get(i / positions % classes) * smoothed;
    }
    Variable constants =
        Variable.constant(predictions.backend().tensor(predictions.shape(), factors));
    return sumPerSample(multiply(constants, ClassScores.surprises(predictions)));
  }

  @Override
  public double denominator(Shape outputShape, Targets targets) {
    return (double) targets.values().length / outputShape.extent(0);
  }
}
