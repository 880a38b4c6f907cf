/**
 * Arrays in float32 on the processor, fast: elements in Java arrays that loops of one shape run
 * over, matrix products by OpenBLAS in native memory, and memory that is used again by each block.
 *
 * <p>{@code CpuBackend} lists the primitives; what computes them lies in packages of which each
 * knows those before it only: {@code kernels}, {@code memory}, {@code products}, {@code pooling},
 * {@code convolution} and {@code elementwise}. Their types are public for each other; nothing
 * outside of this package uses them. All tensors are made in the backend's {@code Workspace}.
 */
package org.samplegrad.core.backend.cpu;
