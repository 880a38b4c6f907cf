package org.samplegrad.datasets.spark;

import org.apache.spark.api.java.JavaRDD;
import org.samplegrad.datasets.BadRow;
import org.samplegrad.datasets.BlockDelivery;

/** The samples of a data set as blocks in the partitions of an RDD. */
public interface DistributedBlocks {
  JavaRDD<BlockDelivery> deliveries();

  /** The position in the whole data set, from 0, of a row that was found bad. */
  long position(BadRow row);

  /** What the data set is called in messages. */
  String name();
}
