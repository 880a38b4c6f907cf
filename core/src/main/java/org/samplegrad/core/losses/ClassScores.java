package org.samplegrad.core.losses;

import static org.samplegrad.core.ops.Elementwise.multiply;
import static org.samplegrad.core.ops.Elementwise.negate;
import static org.samplegrad.core.ops.Shapes.sum;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.ops.SoftmaxFamily;

/**
 * Scores {@code z[n,k,...]} of classes {@code k}, and the probabilities {@code p} they stand for.
 */
final class ClassScores {
  private static final int CLASS_AXIS = 1;

  private ClassScores() {}

  /** {@code -log p[n,k,...]}, none of which is negative. */
  static Variable surprises(Variable scores) {
    return negate(SoftmaxFamily.logSoftmax(scores, CLASS_AXIS));
  }

  static int classes(Variable scores) {
    return scores.shape().extent(CLASS_AXIS);
  }

  /** {@code sum_k w_k s[n,k,...]}, {@code [n,1,...]}. */
  static Variable weightedSum(Variable surprises, Weights weights) {
    int[] extents = new int[surprises.shape().rank()];
    Arrays.fill(extents, 1);
    extents[CLASS_AXIS] = classes(surprises);
    double[] values = IntStream.range(0, classes(surprises)).mapToDouble(weights::get).toArray();
    Variable factors = Variable.constant(surprises.backend().tensor(Shape.of(extents), values));
    return sum(multiply(surprises, factors), CLASS_AXIS);
  }
}
