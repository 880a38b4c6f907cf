/**
 * Max pools, and elements by their indices. {@code CpuSelection} has the primitives; {@code
 * Pooling} finds the maxima of the windows of one size, of a {@code PhasedPlane} where there are
 * vectors; of what is {@code Poolable} only the maxima are ever computed.
 */
package org.samplegrad.core.backend.cpu.pooling;
