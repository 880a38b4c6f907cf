/**
 * Stateless descriptions of layers: how an input becomes an output, and for a layer with parameters
 * the structure of its per-sample gradients. A layer holds sizes, never values. Shapes named by a
 * layer are those of one sample; {@code forward} sees the sample axis {@code n} first.
 */
package org.samplegrad.core.layers;
