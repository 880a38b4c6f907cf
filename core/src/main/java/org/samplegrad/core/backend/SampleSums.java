package org.samplegrad.core.backend;

/**
 * Sums over the samples of a block for one parameter.
 *
 * @param sum {@code sum_n g_n}
 * @param squaredSum {@code sum_n g_n * g_n}, elementwise
 */
public record SampleSums(Tensor sum, Tensor squaredSum) {}
