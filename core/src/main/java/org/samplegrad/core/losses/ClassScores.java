package org.samplegrad.core.losses;

import static org.samplegrad.core.ops.Elementwise.exp;
import static org.samplegrad.core.ops.Elementwise.log;
import static org.samplegrad.core.ops.Elementwise.multiply;
import static org.samplegrad.core.ops.Elementwise.subtract;
import static org.samplegrad.core.ops.Shapes.sum;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;

/**
 * Scores {@code z[n,k,...]} of classes {@code k} relative to the largest, a constant that guards
 * against overflow: {@code -log p[n,k,...] = normaliser[n,1,...] - shifted[n,k,...]}, of which
 * neither term is negative.
 *
 * @param shifted {@code z - max_k z}
 * @param normaliser {@code log(sum_k exp(shifted))}
 */
record ClassScores(Variable shifted, Variable normaliser) {
  private static final int CLASS_AXIS = 1;

  static ClassScores of(Variable scores) {
    Variable largest = Variable.constant(scores.backend().max(scores.value(), CLASS_AXIS));
    Variable shifted = subtract(scores, largest);
    return new ClassScores(shifted, log(sum(exp(shifted), CLASS_AXIS)));
  }

  int classes() {
    return shifted.shape().extent(CLASS_AXIS);
  }

  /**
   * {@code -sum_k t_k log p[n,k,...]}, {@code [n,1,...]}.
   *
   * @param factors t, in the shape of the scores or {@code [1,k,1...]}
   */
  Variable weightedSum(Variable factors) {
    return subtract(
        multiply(sum(factors, CLASS_AXIS), normaliser),
        sum(multiply(factors, shifted), CLASS_AXIS));
  }

  /** One constant for each class, {@code [1,k,1...]}. */
  Variable perClass(Weights weights) {
    int[] extents = new int[shifted.shape().rank()];
    Arrays.fill(extents, 1);
    extents[CLASS_AXIS] = classes();
    double[] values = IntStream.range(0, classes()).mapToDouble(weights::get).toArray();
    return Variable.constant(shifted.backend().tensor(Shape.of(extents), values));
  }
}
