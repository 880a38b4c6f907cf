package org.samplegrad.job.distributed;

import org.samplegrad.core.backend.Precision;

/** Told how far the job has come. */
public interface PassListener {
  void passStarted(String pass, String over, Precision precision);

  void passEnded(String pass, double seconds);

  /**
   * Computing in float32 leaves too large an error.
   *
   * @param what is not accurate enough
   * @param relativeErrorBound infinite if it may be nothing but rounding
   */
  void repeatsInFloat64(String what, double relativeErrorBound);
}
