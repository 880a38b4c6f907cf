/**
 * Reverse-mode differentiation of any order: immutable graphs of {@link
 * org.samplegrad.core.autograd.Variable}s, and {@link org.samplegrad.core.autograd.Gradients} over
 * them. No global tape, nothing stored on parameters, no mathematics of a particular operation.
 */
package org.samplegrad.core.autograd;
