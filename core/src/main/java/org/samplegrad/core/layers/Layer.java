package org.samplegrad.core.layers;

import java.io.Serializable;
import java.util.List;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;

/** One step of a model. */
public interface Layer extends Serializable {
  /**
   * The shape of one sample's output for the shape of one sample's input.
   *
   * @throws IllegalArgumentException if the layer cannot take the input; the message gives the
   *     shape expected and found
   */
  Shape outputShape(Shape inputShape);

  /** The parameters in the order {@link #forward} takes them; none by default. */
  default List<ParameterSpec> parameters() {
    return List.of();
  }

  /** Array elements of working memory for one sample, beside input and output; none by default. */
  default long scratchElements(Shape inputShape) {
    return 0;
  }

  /**
   * @param parameters in the order of {@link #parameters()}
   * @param input {@code [n, ...inputShape]}
   * @return {@code [n, ...outputShape]}
   */
  Variable forward(List<Variable> parameters, Variable input);
}
