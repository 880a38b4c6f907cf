package org.samplegrad.core.models;

/** A model or weights that cannot be used; the message says what, where, and what to do. */
public final class UnusableModelException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public UnusableModelException(String message) {
    super(message);
  }

  public UnusableModelException(String message, Throwable cause) {
    super(message, cause);
  }
}
