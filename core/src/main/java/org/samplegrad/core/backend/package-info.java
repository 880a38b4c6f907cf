/**
 * The array primitives that everything above is built from, and nothing that knows a derivative.
 *
 * <p>Index letters used in shapes throughout the code: {@code n} sample of a block, {@code o}
 * output feature, {@code i} input feature, {@code c} channel, {@code g} group, {@code p} position
 * (of a convolution, or of a sequence), {@code k} class, {@code h}, {@code w} height and width.
 */
package org.samplegrad.core.backend;
