package org.samplegrad.datasets;

import java.io.Serializable;

/** Samples by position, held or computed without Spark. */
public interface SampleSource extends Serializable {
  long count();

  /** Writes a sample without committing it, or says what is wrong with it for this format. */
  RowProblem read(long index, BlockBuilder into);

  /**
   * The samples {@code [from, to)} alone, their positions counted from 0 again; it holds no others.
   */
  SampleSource range(long from, long to);

  /** Steps through all samples in order. */
  default SampleCursor cursor() {
    return new SampleCursor() {
      private long index = -1;

      @Override
      public boolean advance() {
        index++;
        return index < count();
      }

      @Override
      public RowProblem read(BlockBuilder into) {
        return SampleSource.this.read(index, into);
      }
    };
  }
}
