package org.samplegrad.core.layers;

import java.io.Serializable;
import java.util.List;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;

/** A step of a model without parameters that takes several inputs. */
public interface Combination extends Serializable {
  /**
   * The shape of one sample's output for the shapes of one sample's inputs.
   *
   * @throws IllegalArgumentException if they cannot be combined; the message gives their shapes
   */
  Shape outputShape(List<Shape> inputShapes);

  /**
   * @param inputs {@code [n, ...inputShape]} each, or {@code [1, ...inputShape]} for one that is
   *     the same for every sample
   * @return {@code [n, ...outputShape]}
   */
  Variable forward(List<Variable> inputs);
}
