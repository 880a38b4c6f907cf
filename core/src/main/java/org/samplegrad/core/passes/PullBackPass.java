package org.samplegrad.core.passes;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.samplegrad.core.autograd.Gradients;
import org.samplegrad.core.autograd.Seed;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.KeptResults;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Tensor;
import org.samplegrad.core.moments.Cotangents;
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
    this.squaredSumCotangents =
        cotangents.squaredSum().layout().entries().stream()
            .map(entry -> weights(cotangents.squaredSum(), entry, backend))
            .map(Variable::constant)
            .toList();
  }

  /** One number if all weights are the same, which is cheaper to work with. */
  private static Tensor weights(
      ParameterVector vector, ParameterLayout.Entry entry, Backend backend) {
    double[] values = vector.values(entry);
    boolean same = Arrays.stream(values).allMatch(value -> value == values[0]);
    return same ? backend.fill(Shape.scalar(), values[0]) : backend.tensor(entry.shape(), values);
  }

  /**
   * Adds the contribution of a block's samples.
   *
   * @param totals as long as the model has parameter elements
   */
  public void add(Block block, double[] totals) {
    add(block, KeptResults.none(), totals);
  }

  /**
   * Adds the contribution of a block's samples.
   *
   * @param kept by other passes over the same block with the same parameters
   * @param totals as long as the model has parameter elements
   */
  public void add(Block block, KeptResults kept, double[] totals) {
    backend.scoped(
        () -> {
          BlockGradients evaluated =
              BlockGradients.of(objective, parameters, block, kept, 1, BlockGradients.Recording.ON);
          List<Variable> gradients = Gradients.pullBack(seeds(evaluated.gradients()), parameters);
          List<ParameterLayout.Entry> entries = objective.model().parameters().entries();
          for (int i = 0; i < gradients.size(); i++) {
            backend.addTo(gradients.get(i).value(), totals, entries.get(i).offset());
          }
          return null;
        });
  }

  private List<Seed> seeds(List<PerSampleGradient> gradients) {
    return IntStream.range(0, gradients.size())
        .boxed()
        .flatMap(
            i -> gradients.get(i).seeds(sumCotangents.get(i), squaredSumCotangents.get(i)).stream())
        .toList();
  }
}
