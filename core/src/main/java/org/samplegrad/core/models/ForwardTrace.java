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
   * @param firstParameter the index of the layer's first parameter in the model's layout
   */
  public record LayerUse(
      ParametricLayer layer, int firstParameter, Variable input, Variable output) {}
}
