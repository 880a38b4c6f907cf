package org.samplegrad.core.backend;

/**
 * The lifetime of the tensors a backend creates between {@link Backend#openScope()} and {@link
 * #close()}: closing frees them all at once, so memory stays flat however many blocks a task runs.
 * Scopes nest; what must outlive a scope is read out of it first.
 */
public interface Scope extends AutoCloseable {
  @Override
  void close();
}
