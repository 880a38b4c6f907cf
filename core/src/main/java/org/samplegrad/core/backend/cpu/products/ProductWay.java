package org.samplegrad.core.backend.cpu.products;

/** The ways of a product of two matrices. */
enum ProductWay {
  /** By {@link TiledProduct}: small in one extent. */
  TILED,

  /** By {@link OuterProductSum}: few rows, each the sum of rows of the second factor. */
  OUTER_PRODUCTS,

  /** By {@link DeferredProduct}: a sum over the rows of both factors, when it is asked for. */
  DEFERRED,

  /** By {@link Products}, at once. */
  GENERAL
}
