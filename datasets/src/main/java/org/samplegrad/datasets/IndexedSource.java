package org.samplegrad.datasets;

/** A source that has any sample at hand by its position. */
public interface IndexedSource extends SampleSource {
  /** Writes a sample without committing it, or says what is wrong with it for this format. */
  RowProblem read(long index, BlockBuilder into);

  @Override
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
        return IndexedSource.this.read(index, into);
      }
    };
  }
}
