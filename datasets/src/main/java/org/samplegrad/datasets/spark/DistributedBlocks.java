package org.samplegrad.datasets.spark;

import org.apache.spark.api.java.JavaRDD;
import org.samplegrad.datasets.BadRow;
import org.samplegrad.datasets.BlockDelivery;

/** The samples of a data set as blocks in the partitions of an RDD. */
public interface DistributedBlocks {
  JavaRDD<BlockDelivery> deliveries();

  /** The message about a row that was found bad, naming its position in the data set. */
  String describe(BadRow row);

  /** The same samples in the order of the data set, where {@link #deliveries} spreads them anew. */
  default JavaRDD<BlockDelivery> deliveriesAsRead() {
    return deliveries();
  }

  /** What the data set is called in messages. */
  String name();
}
