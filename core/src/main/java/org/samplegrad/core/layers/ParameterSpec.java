package org.samplegrad.core.layers;

import org.samplegrad.core.backend.Shape;

/**
 * A parameter of a layer.
 *
 * @param name as in PyTorch's {@code state_dict()}, without the layer's own name
 * @param initialBound initial values are uniform on {@code [-initialBound, initialBound]};
 *     PyTorch's default for linear and convolution layers is {@code 1/sqrt(fan-in)} for weight and
 *     bias
 */
public record ParameterSpec(String name, Shape shape, double initialBound) {}
