package org.samplegrad.datasets;

import java.io.Serializable;

/**
 * Samples in an order, found without Spark. It travels to executors, so it holds where the samples
 * are or how they are computed rather than the samples.
 */
public interface SampleSource extends Serializable {
  long count();

  /** The samples {@code [from, to)} alone, their positions counted from 0 again. */
  SampleSource range(long from, long to);

  /** Steps through all samples in order. */
  SampleCursor cursor();
}
