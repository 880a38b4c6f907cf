/**
 * Loops over arrays, which know neither tensors nor who gives memory. {@code Loops} and {@code
 * Transposition} are plain ones that the compiler vectorises by itself; {@code VectorKernels}, with
 * {@code TileKernels} (parts of matrix products) and {@code PatchKernels} (sums and products of
 * patches of an image), are those that it does not. Each of these has a plain loop here, which says
 * what it computes, and one by vectors in {@code incubator}; a program has the one or the other.
 */
package org.samplegrad.core.backend.cpu.kernels;
