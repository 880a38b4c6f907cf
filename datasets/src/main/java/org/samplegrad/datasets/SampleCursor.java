package org.samplegrad.datasets;

/** Steps through the samples of one partition. */
public interface SampleCursor {
  /** Moves to the next sample; false if there is none. */
  boolean advance();

  /** Writes the current sample without committing it, or says what is wrong with it. */
  RowProblem read(BlockBuilder into);

  /** The file the current sample comes from, or empty. */
  default String file() {
    return "";
  }
}
