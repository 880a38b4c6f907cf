package org.samplegrad.core.layers;

import java.io.Serializable;
import org.samplegrad.core.backend.Shape;

/**
 * A parameter of a layer.
 *
 * @param name as in PyTorch's {@code state_dict()}, without the layer's own name
 * @param initialCentre initial values are uniform within {@code initialBound} of this
 * @param initialBound PyTorch's default for linear and convolution layers is {@code 1/sqrt(fan-in)}
 *     around 0 for weight and bias, and 0 around 1 and 0 for those of normalisations
 */
public record ParameterSpec(String name, Shape shape, double initialCentre, double initialBound)
    implements Serializable {

  /** Initial values around 0. */
  public ParameterSpec(String name, Shape shape, double initialBound) {
    this(name, shape, 0, initialBound);
  }
}
