package org.samplegrad.core.moments;

import java.util.List;
import org.samplegrad.core.autograd.Variable;

/**
 * A scalar function of the moments, {@code J(N, S1, S2)}. Written with differentiable operations,
 * its cotangents and so its gradient with respect to the model's parameters follow.
 */
@FunctionalInterface
public interface MomentFunctional {
  /**
   * @param count N, at least 1
   * @param sums S1 per parameter, scaled by the reduction
   * @param squaredSums S2 per parameter, scaled by the reduction's square; a scalar each if the
   *     moments were taken with {@link VarianceDetail#PARAMETERS}
   * @return a scalar
   */
  Variable value(long count, List<Variable> sums, List<Variable> squaredSums);
}
