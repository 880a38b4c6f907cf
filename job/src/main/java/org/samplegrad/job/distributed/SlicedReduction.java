package org.samplegrad.job.distributed;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.apache.spark.Partitioner;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaRDD;
import org.samplegrad.datasets.BadRow;
import org.samplegrad.datasets.BlockDelivery;
import scala.Tuple2;

/**
 * The totals travel as slices: one shuffle sorts them by slice and partition, and each slice is
 * merged as a stream. No machine but the driver holds more than one set of totals and one slice.
 */
final class SlicedReduction implements TotalsReduction, Serializable {
  private static final long serialVersionUID = 1L;

  /** Elements of a slice: half a megabyte, large enough to outweigh the cost of a record. */
  static final int SLICE_ELEMENTS = 1 << 16;

  /** Where a slice lies in the totals. */
  private record Stretch(int array, int from, int to) implements Serializable {}

  private final List<Integer> lengths;
  private final ArrayList<Stretch> stretches = new ArrayList<>();

  /**
   * @param lengths of the arrays of totals, none of them empty
   */
  SlicedReduction(List<Integer> lengths, int sliceElements) {
    this.lengths = List.copyOf(lengths);
    for (int array = 0; array < lengths.size(); array++) {
      for (int from = 0; from < lengths.get(array); from += sliceElements) {
        stretches.add(new Stretch(array, from, Math.min(lengths.get(array), from + sliceElements)));
      }
    }
  }

  @Override
  public Sum over(JavaRDD<BlockDelivery> deliveries, PartitionWork work) {
    int reducers = Math.min(stretches.size(), deliveries.context().defaultParallelism());
    List<Tuple2<Integer, Slice>> merged =
        deliveries
            .mapPartitionsToPair(d -> slices(TaskContext.getPartitionId(), work.totals(d)), true)
            .repartitionAndSortWithinPartitions(new SlicePartitioner(reducers))
            .mapPartitions(Merging::new)
            .collect();
    List<double[]> arrays = lengths.stream().map(double[]::new).toList();
    BadRow badRow = null;
    for (Tuple2<Integer, Slice> slice : merged) {
      Stretch stretch = stretches.get(slice._1());
      double[] values = slice._2().values();
      System.arraycopy(values, 0, arrays.get(stretch.array()), stretch.from(), values.length);
      badRow = badRow == null ? slice._2().badRow() : badRow;
    }
    return new Sum(arrays, badRow);
  }

  private Iterator<Tuple2<Slice.Key, Slice>> slices(int partition, PartitionTotals totals) {
    if (totals.badRow() != null) {
      Slice.Key first = new Slice.Key(0, partition);
      double[] nothing = new double[stretches.get(0).to()];
      return List.of(new Tuple2<>(first, new Slice(nothing, totals.badRow()))).iterator();
    }
    if (totals.arrays() == null) {
      return List.<Tuple2<Slice.Key, Slice>>of().iterator();
    }
    return new Iterator<>() {
      private int next;

      @Override
      public boolean hasNext() {
        return next < stretches.size();
      }

      @Override
      public Tuple2<Slice.Key, Slice> next() {
        if (!hasNext()) {
          throw new NoSuchElementException("All slices are out");
        }
        Stretch stretch = stretches.get(next);
        double[] values =
            Arrays.copyOfRange(totals.arrays().get(stretch.array()), stretch.from(), stretch.to());
        return new Tuple2<>(new Slice.Key(next++, partition), new Slice(values, null));
      }
    };
  }

  /** Merges neighbours of the same slice in a sorted stream. */
  private static final class Merging implements Iterator<Tuple2<Integer, Slice>> {
    private final Iterator<Tuple2<Slice.Key, Slice>> sorted;
    private Tuple2<Slice.Key, Slice> ahead;

    Merging(Iterator<Tuple2<Slice.Key, Slice>> sorted) {
      this.sorted = sorted;
      this.ahead = step();
    }

    private Tuple2<Slice.Key, Slice> step() {
      return sorted.hasNext() ? sorted.next() : null;
    }

    @Override
    public boolean hasNext() {
      return ahead != null;
    }

    @Override
    public Tuple2<Integer, Slice> next() {
      if (!hasNext()) {
        throw new NoSuchElementException("All slices are merged");
      }
      int slice = ahead._1().slice();
      Slice first = ahead._2();
      // Spark may keep the record it handed out, so the sum is made in a copy.
      Slice sum = new Slice(first.values().clone(), first.badRow());
      for (ahead = step(); ahead != null && ahead._1().slice() == slice; ahead = step()) {
        sum = sum.merge(ahead._2());
      }
      return new Tuple2<>(slice, sum);
    }
  }

  private static final class SlicePartitioner extends Partitioner {
    private static final long serialVersionUID = 1L;

    private final int reducers;

    SlicePartitioner(int reducers) {
      this.reducers = reducers;
    }

    @Override
    public int numPartitions() {
      return reducers;
    }

    @Override
    public int getPartition(Object key) {
      return ((Slice.Key) key).slice() % reducers;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof SlicePartitioner partitioner && partitioner.reducers == reducers;
    }

    @Override
    public int hashCode() {
      return reducers;
    }
  }
}
