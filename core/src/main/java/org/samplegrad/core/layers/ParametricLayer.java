package org.samplegrad.core.layers;

import java.util.List;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.persample.PerSampleGradient;

/** A layer with parameters, and the structure of their per-sample gradients. */
public interface ParametricLayer extends Layer {
  /**
   * The per-sample gradients of each parameter, in the order of {@link #parameters()}.
   *
   * @param input what {@link #forward} was given
   * @param outputGradient the gradient of the summed losses with respect to the output, in the
   *     output's shape
   */
  List<PerSampleGradient> perSampleGradients(Variable input, Variable outputGradient);
}
