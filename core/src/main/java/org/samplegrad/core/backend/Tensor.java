package org.samplegrad.core.backend;

/**
 * An immutable, dense, row-major array that belongs to one {@link Backend} and lives until the
 * {@link Scope} it was created in closes.
 */
public interface Tensor {
  Shape shape();

  Backend backend();
}
