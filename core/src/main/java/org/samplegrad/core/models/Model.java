package org.samplegrad.core.models;

import java.io.Serializable;
import java.util.List;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.parameters.ParameterLayout;
import org.samplegrad.core.parameters.ParameterVector;

/** A differentiable function of parameters and input, built from layers. */
public interface Model extends Serializable {
  /** The shape of one sample. */
  Shape inputShape();

  /** The shape of the prediction for one sample. */
  Shape outputShape();

  ParameterLayout parameters();

  /** Initial values as PyTorch would draw them, from a seed; rounded to float32. */
  ParameterVector initialParameters(long seed);

  /** Array elements of one sample's input and of the outputs of all layers, going forward. */
  long elementsPerSample();

  /** Array elements that layers work in beside these, such as unfolded windows. */
  long scratchPerSample();

  /**
   * @param parameters in the order of {@link #parameters()}
   * @param input {@code [n, ...inputShape]}
   */
  ForwardTrace forward(List<Variable> parameters, Variable input);
}
