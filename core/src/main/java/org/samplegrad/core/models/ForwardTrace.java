package org.samplegrad.core.models;

import java.util.List;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.layers.ParametricLayer;

/**
 * A model's evaluation on one block, with what per-sample gradients are made of.
 *
 * @param output {@code [n, ...outputShape]}
 * @param uses every application of a layer with parameters
 */
public record ForwardTrace(Variable output, List<LayerUse> uses) {

  /**
   * One application of a layer.
   *
   * @param parameters where the layer's parameters are in the model's layout; a parameter's
   *     gradient is the sum over its uses
   */
  public record LayerUse(
      ParametricLayer layer, List<Integer> parameters, Variable input, Variable output) {}
}
