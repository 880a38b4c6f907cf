package org.samplegrad.core.passes;

import java.util.List;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.KeptResults;
import org.samplegrad.core.backend.SampleSums;
import org.samplegrad.core.moments.Moments;
import org.samplegrad.core.ops.Shapes;
import org.samplegrad.core.parameters.ParameterVector;
import org.samplegrad.core.persample.PerSampleGradient;

/** The first pass: the moments of the individual gradients, block by block. */
public final class MomentsPass {
  private final Objective objective;
  private final Backend backend;
  private final List<Variable> parameters;

  /** The parameters live in the backend until it closes. */
  public MomentsPass(Objective objective, ParameterVector parameters, Backend backend) {
    this.objective = objective;
    this.backend = backend;
    this.parameters = parameters.variables(backend, Variable::leaf);
  }

  /** Adds the samples of a block to the moments. */
  public void add(Block block, Moments moments) {
    add(block, KeptResults.none(), moments);
  }

  /**
   * Adds the samples of a block to the moments.
   *
   * @param kept takes results for other passes over the same block with the same parameters
   */
  public void add(Block block, KeptResults kept, Moments moments) {
    backend.scoped(
        () -> {
          BlockGradients evaluated =
              BlockGradients.of(
                  objective, parameters, block, kept, 1, BlockGradients.Recording.OFF);
          List<SampleSums> sums =
              evaluated.gradients().stream()
                  .map(
                      moments.holdsElements()
                          ? PerSampleGradient::sampleSums
                          : PerSampleGradient::sampleNormSums)
                  .toList();
          double loss = Shapes.sumAll(evaluated.losses().detach()).item();
          double denominator = objective.denominator(block.targets());
          moments.add(block.samples(), loss, denominator, sums);
          return null;
        });
  }
}
