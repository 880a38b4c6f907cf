package org.samplegrad.core.losses;

import java.io.Serializable;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;

/** A loss that is a sum over samples. */
public interface Loss extends Serializable {
  /**
   * What the target of one sample must be.
   *
   * @param outputShape the model's output for one sample
   * @throws IllegalArgumentException if the loss cannot take such an output
   */
  TargetSpec target(Shape outputShape);

  /**
   * @param predictions {@code [n, ...outputShape]}
   * @return the losses of the samples, {@code [n]}, summed over a sample's outputs
   */
  Variable losses(Variable predictions, Targets targets);

  /**
   * What these samples add to the number that {@code reduction=mean} divides the summed losses by,
   * as PyTorch counts it.
   *
   * @param outputShape the model's output for one sample
   */
  double denominator(Shape outputShape, Targets targets);
}
