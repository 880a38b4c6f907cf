package org.samplegrad.core.models;

/** A model or weights that cannot be used; the message says what, where, and what to do. */
public final class UnusableModelException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Messages quote files, which may hold anything. */
  private static final int LONGEST_MESSAGE = 800;

  public UnusableModelException(String message) {
    super(shortened(message));
  }

  public UnusableModelException(String message, Throwable cause) {
    super(shortened(message), cause);
  }

  private static String shortened(String message) {
    return message.length() <= LONGEST_MESSAGE
        ? message
        : message.substring(0, LONGEST_MESSAGE) + " ...";
  }
}
