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

  /**
   * Layers that do the same one after the other, and take the parameters in the same order: a model
   * may evaluate something else in between. This layer alone by default.
   */
  default List<Layer> parts() {
    return List.of(this);
  }

  /**
   * Whether a max pool gives the same before this layer as behind it, in values and derivatives: of
   * two elements of a channel the larger stays the larger, or both become equal and have the
   * derivative 0. Not by default.
   */
  default boolean commutesWithMaxPool() {
    return false;
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
