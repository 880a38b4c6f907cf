package org.samplegrad.job.failures;

/** A request that cannot be carried out as it stands; the message says what to change. */
public class WrongUsageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public WrongUsageException(String message) {
    super(message);
  }

  public WrongUsageException(String message, Throwable cause) {
    super(message, cause);
  }
}
