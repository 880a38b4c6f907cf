package org.samplegrad.job.output;

import org.samplegrad.job.failures.WrongUsageException;

/** Another run is writing to the output directory; all that lies beside it is that run's too. */
public final class PlaceTakenException extends WrongUsageException {
  private static final long serialVersionUID = 1L;

  PlaceTakenException(String message) {
    super(message);
  }
}
