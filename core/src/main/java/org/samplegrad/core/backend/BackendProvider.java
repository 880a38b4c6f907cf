package org.samplegrad.core.backend;

import java.util.Optional;
import java.util.Set;

/**
 * Makes the backends of one name; found through {@link java.util.ServiceLoader}, so that a new
 * backend is one package, whose provider is annotated with {@code @AutoService}.
 */
public interface BackendProvider {
  String name();

  Set<Precision> precisions();

  /** Whether {@code auto} prefers this provider over another of the same precision; higher wins. */
  int preference();

  /**
   * Whether what a layer works in, as the columns of a convolution, is there for one sample of a
   * block at a time; otherwise for all of them at once.
   */
  default boolean worksSampleBySample() {
    return false;
  }

  /** What makes its backends slower than need be here, and what to do; empty if nothing does. */
  default Optional<String> advice() {
    return Optional.empty();
  }

  /**
   * @throws BackendException if this machine cannot run the backend; the message says why
   */
  Backend open(Precision precision);
}
