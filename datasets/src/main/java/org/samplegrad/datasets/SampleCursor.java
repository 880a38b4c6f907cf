package org.samplegrad.datasets;

/** Steps through the samples of one partition. */
public interface SampleCursor {
  /** Moves to the next sample; false if there is none. */
  boolean advance();

  /** Writes the current sample without committing it, or says what is wrong with it. */
  RowProblem read(BlockBuilder into);

  /** Where the current sample comes from; null if not from a file. */
  default FilePosition position() {
    return null;
  }
}
