package org.samplegrad.job.distributed;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.samplegrad.core.passes.Block;
import org.samplegrad.core.passes.PrecisionComparison;
import org.samplegrad.datasets.BlockDelivery;

/**
 * The rows by which precisions are compared: all of a small data set; of a larger one some of the
 * first block of a few partitions, drawn by a seed, so that they are the same in every run, and
 * those with the largest gradients.
 */
final class SampledRows {
  /** A data set of no more rows is compared as a whole. */
  private static final int ALL = 64;

  /** The same for rows whose arrays have no more elements together. */
  private static final long ALL_ELEMENTS = 1 << 22;

  /** One row in so many, at the least and at most so many rows. */
  private static final int ONE_IN = 1024;

  private static final int FEWEST = 16;
  private static final int MOST = 64;

  private static final int UNITS = 4;
  private static final long SEED = 20;

  private SampledRows() {}

  /**
   * @param deliveries with inputs in float64, as they are in the data
   * @param count of the rows of all partitions
   * @param elementsPerRow of arrays that are made for a row
   * @param largest rows with the largest gradients, asked for if not all rows are compared
   */
  static PrecisionComparison.Samples of(
      JavaRDD<BlockDelivery> deliveries, long count, long elementsPerRow, Supplier<Block> largest) {
    if (count <= ALL || count <= ALL_ELEMENTS / elementsPerRow) {
      List<Block> blocks = deliveries.map(BlockDelivery::block).filter(Objects::nonNull).collect();
      return new PrecisionComparison.Samples(blocks, true);
    }
    int partitions = deliveries.getNumPartitions();
    int perUnit = (int) Math.max(FEWEST, Math.min(MOST, count / ONE_IN)) / UNITS;
    int[] chosen = chosen(partitions, Math.min(UNITS, partitions));
    int unitsEach = UNITS / chosen.length;
    List<Block>[] units =
        deliveries
            .mapPartitions(partition -> units(partition, unitsEach, perUnit))
            .collectPartitions(chosen);
    return new PrecisionComparison.Samples(
        Arrays.stream(units).flatMap(List::stream).toList(), false, largest.get());
  }

  /** Some of the numbers from 0 to {@code count - 1}, in order. */
  private static int[] chosen(int count, int size) {
    SplittableRandom random = new SplittableRandom(SEED);
    int[] chosen = new int[size];
    int found = 0;
    for (int i = 0; found < size; i++) {
      if (random.nextInt(count - i) < size - found) {
        chosen[found++] = i;
      }
    }
    return chosen;
  }

  private static Iterator<Block> units(Iterator<BlockDelivery> partition, int units, int rows) {
    while (partition.hasNext()) {
      Block block = partition.next().block();
      if (block != null) {
        return units(block, units, rows).iterator();
      }
    }
    return List.<Block>of().iterator();
  }

  private static List<Block> units(Block block, int units, int rows) {
    int[] chosen = chosen(block.samples(), Math.min(block.samples(), units * rows));
    List<Block> result = new ArrayList<>();
    for (int from = 0; from < chosen.length; from += rows) {
      int to = Math.min(chosen.length, from + rows);
      result.add(
          Block.join(IntStream.range(from, to).mapToObj(i -> block.sample(chosen[i])).toList()));
    }
    return result;
  }
}
