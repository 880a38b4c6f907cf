package org.samplegrad.datasets.spark;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.apache.spark.Partitioner;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.samplegrad.core.passes.Block;
import org.samplegrad.datasets.BlockDelivery;
import scala.Tuple2;

/**
 * Moves small blocks to another number of partitions and joins them there to full ones, so that a
 * task holds no more than one block at a time. Which samples meet in which block depends on the
 * source's partitions and the number asked for only.
 */
final class RepartitionedBlocks {
  /** Samples that the shuffle moves together. */
  static final int SAMPLES_PER_RECORD = 16;

  private RepartitionedBlocks() {}

  static JavaRDD<BlockDelivery> of(JavaRDD<BlockDelivery> small, int partitions, int blockSize) {
    JavaPairRDD<BlockPlace, BlockDelivery> placed =
        small
            .mapPartitionsWithIndex(RepartitionedBlocks::place, true)
            .mapToPair(delivery -> delivery)
            .repartitionAndSortWithinPartitions(new RoundRobinPartitioner(partitions));
    return placed.values().mapPartitions(deliveries -> new JoinedBlocks(deliveries, blockSize));
  }

  private static Iterator<Tuple2<BlockPlace, BlockDelivery>> place(
      int partition, Iterator<BlockDelivery> deliveries) {
    return new Iterator<>() {
      private int number;

      @Override
      public boolean hasNext() {
        return deliveries.hasNext();
      }

      @Override
      public Tuple2<BlockPlace, BlockDelivery> next() {
        return new Tuple2<>(new BlockPlace(partition, number++), deliveries.next());
      }
    };
  }

  /** The blocks of each source partition go round all partitions in turn. */
  static final class RoundRobinPartitioner extends Partitioner {
    private static final long serialVersionUID = 1L;

    private final int partitions;

    RoundRobinPartitioner(int partitions) {
      this.partitions = partitions;
    }

    @Override
    public int numPartitions() {
      return partitions;
    }

    @Override
    public int getPartition(Object key) {
      BlockPlace place = (BlockPlace) key;
      return Math.floorMod(place.partition() + place.number(), partitions);
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof RoundRobinPartitioner same && same.partitions == partitions;
    }

    @Override
    public int hashCode() {
      return partitions;
    }
  }

  /** Joins neighbouring blocks as long as they fit into one. */
  static final class JoinedBlocks implements Iterator<BlockDelivery> {
    private final Iterator<BlockDelivery> small;
    private final int blockSize;
    private BlockDelivery ahead;

    JoinedBlocks(Iterator<BlockDelivery> small, int blockSize) {
      this.small = small;
      this.blockSize = blockSize;
    }

    @Override
    public boolean hasNext() {
      return ahead != null || small.hasNext();
    }

    @Override
    public BlockDelivery next() {
      if (!hasNext()) {
        throw new NoSuchElementException("The partition has no more blocks");
      }
      List<Block> blocks = new ArrayList<>();
      int samples = 0;
      long skipped = 0;
      while (hasNext()) {
        BlockDelivery delivery = ahead != null ? ahead : small.next();
        ahead = null;
        if (delivery.badRow() != null) {
          return delivery;
        }
        int more = delivery.block() == null ? 0 : delivery.block().samples();
        if (samples > 0 && samples + more > blockSize) {
          ahead = delivery;
          break;
        }
        skipped += delivery.skippedRows();
        samples += more;
        if (more > 0) {
          blocks.add(delivery.block());
        }
      }
      return new BlockDelivery(blocks.isEmpty() ? null : Block.join(blocks), skipped, null);
    }
  }
}
