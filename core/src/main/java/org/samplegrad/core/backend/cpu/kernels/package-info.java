/**
 * Loops over arrays, which know neither tensors nor who gives memory. {@code Loops} and {@code
 * Transposition} are plain ones that the compiler vectorises by itself; {@code VectorKernels}, with
 * {@code TileKernels} (parts of matrix products) and {@code PatchKernels} (sums and products of
 * patches of an image), are those that it does not.
 */
package org.samplegrad.core.backend.cpu.kernels;
