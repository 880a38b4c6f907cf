package org.samplegrad.job.distributed;

import org.samplegrad.core.backend.Precision;

/** Told how far the job has come. */
public interface PassListener {
  void passStarted(String pass, String over, Precision precision);

  void passEnded(String pass, double seconds);

  /** The moments in float32 leave too large an error in the total variance. */
  void repeatsInFloat64(double relativeErrorBound);
}
