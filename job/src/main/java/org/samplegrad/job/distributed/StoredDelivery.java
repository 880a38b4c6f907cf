package org.samplegrad.job.distributed;

import java.io.Serializable;
import org.apache.spark.util.KnownSizeEstimation;
import org.samplegrad.datasets.BlockDelivery;

/**
 * A delivery in Spark's cache. It tells what it takes, which Spark would else find out by going
 * through all of its objects, once for every few deliveries; what is kept beside the block has
 * memory of its own.
 */
record StoredDelivery(BlockDelivery delivery) implements Serializable, KnownSizeEstimation {
  /** What the objects take beside the arrays; more than it is. */
  private static final int OVERHEAD = 512;

  @Override
  public long estimatedSize() {
    return OVERHEAD + (delivery.block() == null ? 0 : delivery.block().bytes());
  }
}
