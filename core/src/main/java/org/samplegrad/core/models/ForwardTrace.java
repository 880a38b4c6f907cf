package org.samplegrad.core.models;

import java.util.List;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.persample.PerSampleGradient;

/**
 * A model's evaluation on one block, with what per-sample gradients are made of.
 *
 * @param output {@code [n, ...outputShape]}
 * @param uses every application of a layer with parameters
 */
public record ForwardTrace(Variable output, List<LayerUse> uses) {

  /** The per-sample gradients that one application of a layer contributes. */
  @FunctionalInterface
  public interface SampleGradients {
    /**
     * @param input what the layer was given
     * @param outputGradient the gradient of the summed losses with respect to the output
     * @return of each parameter, in the use's order
     */
    List<PerSampleGradient> of(Variable input, Variable outputGradient);
  }

  /**
   * One application of a layer.
   *
   * @param parameters where its parameters are in the model's layout, or those that its weights are
   *     computed from; a parameter's gradient is the sum over its uses, one of which may name it
   *     twice
   */
  public record LayerUse(
      SampleGradients gradients, List<Integer> parameters, Variable input, Variable output) {}
}
