package org.samplegrad.core.backend;

/**
 * What a max pool leaves.
 *
 * @param values the maximum of each window, {@code [n,c,...']}
 * @param positions where each of them lies in what was pooled
 */
public record Pooled(Tensor values, Indices positions) {}
