/**
 * The array primitives that everything above is built from. None of them knows a graph of
 * operations: what is differentiated by what is told in {@code ops}. Some compute an adjoint or a
 * pull-back all the same, where a backend has a faster way to it than its composition of others.
 *
 * <p>Index letters used in shapes throughout the code: {@code n} sample of a block, {@code o}
 * output feature, {@code i} input feature, {@code c} channel, {@code g} group, {@code p} position
 * (of a convolution, or of a sequence), {@code k} class, {@code h}, {@code w} height and width.
 */
package org.samplegrad.core.backend;
