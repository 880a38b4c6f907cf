package org.samplegrad.datasets;

import java.util.Iterator;
import java.util.NoSuchElementException;

/** The samples of one partition as deliveries of at most one block each. */
public final class BlockIterator implements Iterator<BlockDelivery> {
  private final SampleCursor cursor;
  private final int partition;
  private final RowPolicy policy;
  private final BlockBuilder builder;
  private long index = -1;
  private boolean ended;
  private BlockDelivery next;

  public BlockIterator(
      SampleCursor cursor, int partition, SampleFormat format, int blockSize, RowPolicy policy) {
    this.cursor = cursor;
    this.partition = partition;
    this.policy = policy;
    this.builder = new BlockBuilder(format, blockSize);
  }

  @Override
  public boolean hasNext() {
    if (next == null && !ended) {
      next = gather();
    }
    return next != null;
  }

  @Override
  public BlockDelivery next() {
    if (!hasNext()) {
      throw new NoSuchElementException("The partition has no more samples");
    }
    BlockDelivery delivery = next;
    next = null;
    return delivery;
  }

  private BlockDelivery gather() {
    long skipped = 0;
    while (!builder.isFull() && cursor.advance()) {
      index++;
      RowProblem problem = cursor.read(builder);
      if (problem == null) {
        builder.commit();
      } else if (policy == RowPolicy.SKIP) {
        skipped++;
      } else {
        ended = true;
        BadRow bad =
            new BadRow(partition, index, cursor.position(), problem.column(), problem.problem());
        return new BlockDelivery(null, skipped, bad);
      }
    }
    ended = !builder.isFull();
    if (builder.isEmpty() && skipped == 0) {
      return null;
    }
    return new BlockDelivery(builder.isEmpty() ? null : builder.build(), skipped, null);
  }
}
