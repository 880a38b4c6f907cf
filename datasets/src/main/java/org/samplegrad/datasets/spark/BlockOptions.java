package org.samplegrad.datasets.spark;

import java.io.Serializable;
import org.samplegrad.datasets.RowPolicy;

/**
 * How samples are cut into blocks and spread over partitions.
 *
 * @param blockSize the most samples in a block, at least 1
 * @param partitions the number of partitions, or {@link #AS_FOUND}
 * @param limit samples from the start of the data set that take part; {@link #ALL} for all
 */
public record BlockOptions(int blockSize, int partitions, long limit, RowPolicy policy)
    implements Serializable {
  public static final int AS_FOUND = 0;
  public static final long ALL = Long.MAX_VALUE;
}
