package org.samplegrad.job.data;

import org.apache.spark.api.java.JavaSparkContext;
import org.samplegrad.datasets.BadDataException;
import org.samplegrad.datasets.SampleFormat;
import org.samplegrad.datasets.spark.BlockOptions;
import org.samplegrad.datasets.spark.DistributedBlocks;

/** A data set that was found, but not read yet. */
@FunctionalInterface
public interface DataSet {
  /**
   * @throws BadDataException if it holds no samples of this format
   */
  DistributedBlocks blocks(JavaSparkContext spark, SampleFormat format, BlockOptions options);
}
