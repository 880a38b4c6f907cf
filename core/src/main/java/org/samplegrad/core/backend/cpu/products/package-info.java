/**
 * Products of matrices, one by one and summed over samples. {@code CpuProducts} has the primitives.
 * {@code Products} alone knows OpenBLAS; {@code TiledProduct} and {@code OuterProductSum} are for
 * matrices that are small in one extent, {@code LateProduct} for a sum of products over samples.
 */
package org.samplegrad.core.backend.cpu.products;
