/**
 * Products of matrices, one by one and summed over samples. {@code CpuProducts} has the primitives
 * and {@code ProductChoice} tells the {@code ProductWay} of each. {@code Products} alone knows
 * OpenBLAS; {@code TiledProduct} and {@code OuterProductSum} are for matrices that are small in one
 * extent, {@code DeferredProduct} for a sum of products over samples.
 */
package org.samplegrad.core.backend.cpu.products;
