package org.samplegrad.datasets.spark;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.samplegrad.datasets.BadRow;
import org.samplegrad.datasets.BlockDelivery;
import org.samplegrad.datasets.BlockIterator;
import org.samplegrad.datasets.SampleFormat;
import org.samplegrad.datasets.SampleSource;

/** The samples of a {@link SampleSource}, cut into ranges of equal length, one per partition. */
public final class SourceBlocks implements DistributedBlocks {
  /** A core that is slower for a while leaves its second partition to the others. */
  private static final int PARTITIONS_PER_CORE = 2;

  /**
   * With fewer, starting a task and merging its totals would take too large a share of its time.
   */
  private static final int BLOCKS_PER_PARTITION = 64;

  private final String name;
  private final long[] starts;
  private final JavaRDD<BlockDelivery> deliveries;

  private SourceBlocks(String name, long[] starts, JavaRDD<BlockDelivery> deliveries) {
    this.name = name;
    this.starts = starts;
    this.deliveries = deliveries;
  }

  public static SourceBlocks of(
      JavaSparkContext spark,
      SampleSource source,
      String name,
      SampleFormat format,
      BlockOptions options) {
    long count = Math.min(options.limit(), source.count());
    int partitions =
        options.partitions() == BlockOptions.AS_FOUND
            ? partitions(count, options.blockSize(), spark.defaultParallelism())
            : options.partitions();
    long[] starts = new long[partitions];
    List<SampleSource> ranges = new ArrayList<>();
    for (int p = 0; p < partitions; p++) {
      starts[p] = start(p, partitions, count);
      ranges.add(source.range(starts[p], start(p + 1, partitions, count)));
    }
    JavaRDD<BlockDelivery> deliveries =
        spark
            .parallelize(ranges, partitions)
            .mapPartitionsWithIndex(
                (partition, range) ->
                    new BlockIterator(
                        range.next().cursor(),
                        partition,
                        format,
                        options.blockSize(),
                        options.policy()),
                true);
    return new SourceBlocks(name, starts, deliveries);
  }

  /** The same number for each core, so that all finish together. */
  static int partitions(long count, int blockSize, int cores) {
    long worthwhile = count / ((long) BLOCKS_PER_PARTITION * blockSize * cores);
    long perCore = Math.max(1, Math.min(worthwhile, PARTITIONS_PER_CORE));
    return (int) Math.max(1, Math.min(count, perCore * cores));
  }

  private static long start(int partition, int partitions, long count) {
    long whole = count / partitions;
    long rest = count % partitions;
    return partition * whole + Math.min(partition, rest);
  }

  @Override
  public JavaRDD<BlockDelivery> deliveries() {
    return deliveries;
  }

  @Override
  public String describe(BadRow row) {
    return row.describe(starts[row.partition()] + row.index(), name);
  }

  @Override
  public String name() {
    return name;
  }
}
