package org.samplegrad.core.passes;

import java.util.List;
import org.samplegrad.core.autograd.Gradients;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.moments.Cotangents;
import org.samplegrad.core.ops.Elementwise;
import org.samplegrad.core.parameters.ParameterLayout;
import org.samplegrad.core.parameters.ParameterVector;
import org.samplegrad.core.persample.PerSampleGradient;

/**
 * The second pass: {@code grad_theta [<c1, S1(theta)> + <c2, S2(theta)>] = sum_n H_n (c1 + 2 c2 *
 * g_n)}, block by block, with the cotangents {@code c1, c2} held constant. It does not know which
 * functional they come from.
 */
public final class PullBackPass {
  private final Objective objective;
  private final Backend backend;
  private final List<Variable> parameters;
  private final List<Variable> sumCotangents;
  private final List<Variable> squaredSumCotangents;

  /** The parameters and cotangents live in the backend until it closes. */
  public PullBackPass(
      Objective objective, ParameterVector parameters, Cotangents cotangents, Backend backend) {
    this.objective = objective;
    this.backend = backend;
    this.parameters = parameters.variables(backend, Variable::leaf);
    this.sumCotangents = cotangents.sum().variables(backend, Variable::constant);
    this.squaredSumCotangents = cotangents.squaredSum().variables(backend, Variable::constant);
  }

  /**
   * Adds the contribution of a block's samples.
   *
   * @param totals as long as the model has parameter elements
   */
  public void add(Block block, double[] totals) {
    backend.scoped(
        () -> {
          BlockGradients evaluated =
              BlockGradients.of(objective, parameters, block, 1, BlockGradients.Recording.ON);
          Variable contraction = contraction(evaluated.gradients());
          List<Variable> gradients = Gradients.constantsOf(contraction, parameters);
          List<ParameterLayout.Entry> entries = objective.model().parameters().entries();
          for (int i = 0; i < gradients.size(); i++) {
            backend.addTo(gradients.get(i).value(), totals, entries.get(i).offset());
          }
          return null;
        });
  }

  private Variable contraction(List<PerSampleGradient> gradients) {
    Variable total = null;
    for (int i = 0; i < gradients.size(); i++) {
      Variable first = gradients.get(i).weightedSum(sumCotangents.get(i));
      Variable second = gradients.get(i).weightedSquaredSum(squaredSumCotangents.get(i));
      Variable term = Elementwise.add(first, second);
      total = total == null ? term : Elementwise.add(total, term);
    }
    return total;
  }
}
