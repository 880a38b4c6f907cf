/**
 * Primitives without products: {@code CpuElementwise}, whose elements depend on those at the same
 * index, by the plain loops of {@code kernels}; {@code CpuReductions}, sums and maxima over axes;
 * {@code CpuSoftmax}, which keeps the digits of small probabilities; {@code CpuArrangement}, which
 * copies elements to other indices, and {@code Broadcasting} to other shapes.
 */
package org.samplegrad.core.backend.cpu.elementwise;
