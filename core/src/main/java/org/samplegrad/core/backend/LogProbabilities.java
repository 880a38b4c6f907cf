package org.samplegrad.core.backend;

/**
 * The softmax of scores with its logarithm, in the shape of the scores.
 *
 * @param logarithms which are not those of the rounded probabilities: they keep their digits where
 *     these are nearly 1
 */
public record LogProbabilities(Tensor logarithms, Tensor probabilities) {}
