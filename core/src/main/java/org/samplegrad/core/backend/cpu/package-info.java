/**
 * Arrays in float32 on the processor, fast: elements in Java arrays that loops of one shape run
 * over, matrix products by OpenBLAS in native memory, and memory that is used again by each block.
 *
 * <p>{@code CpuBackend} lists the primitives, and the classes that it takes them from have one
 * family each; they make tensors in its {@code Workspace}. Only {@code Products} knows OpenBLAS;
 * only {@code Memory} takes memory.
 */
package org.samplegrad.core.backend.cpu;
