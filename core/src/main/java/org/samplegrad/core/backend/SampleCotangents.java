package org.samplegrad.core.backend;

/**
 * Derivatives of a scalar function of per-sample gradients with respect to what the gradients are
 * computed from.
 *
 * @param outputGradient in the shape of the gradient of a layer's output
 * @param input in the shape of the layer's input, or null if it was not asked for
 */
public record SampleCotangents(Tensor outputGradient, Tensor input) {}
