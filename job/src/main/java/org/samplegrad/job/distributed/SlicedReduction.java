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
import scala.runtime.AbstractFunction1;
import scala.runtime.AbstractFunction2;
import scala.runtime.BoxedUnit;

/**
 * The totals travel as slices: one shuffle sorts them by slice and partition, and each slice is
 * merged as a stream. The driver takes the merged slices as they come; no other machine holds more
 * than one set of totals and one task's slices.
 */
final class SlicedReduction implements TotalsReduction, Serializable {
  private static final long serialVersionUID = 1L;

  /** Elements of a slice: half a megabyte, large enough to outweigh the cost of a record. */
  static final int SLICE_ELEMENTS = 1 << 16;

  /** What one task merges and sends at once. */
  private static final long TASK_BYTES = 8L << 20;

  /** Up to so many Spark sorts records into files as they come, without holding them. */
  private static final int MOST_REDUCERS = 200;

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
    JavaRDD<ArrayList<Merged>> merged =
        deliveries
            .mapPartitionsToPair(d -> slices(TaskContext.getPartitionId(), work.totals(d)), true)
            .repartitionAndSortWithinPartitions(
                new SlicePartitioner(reducers(deliveries.context().defaultParallelism())))
            .mapPartitions(sorted -> List.of(all(new Merging(sorted))).iterator());
    Arrivals arrivals = new Arrivals();
    merged.context().runJob(merged.rdd(), new Only<>(), arrivals, merged.classTag());
    return arrivals.sum();
  }

  private static ArrayList<Merged> all(Merging merging) {
    ArrayList<Merged> slices = new ArrayList<>();
    merging.forEachRemaining(slices::add);
    return slices;
  }

  /** A slice of all partitions, by its position. */
  private record Merged(int position, Slice slice) implements Serializable {}

  /** The one element of a partition. */
  private static final class Only<T> extends AbstractFunction1<scala.collection.Iterator<T>, T>
      implements Serializable {
    private static final long serialVersionUID = 1L;

    @Override
    public T apply(scala.collection.Iterator<T> elements) {
      return elements.next();
    }
  }

  /** Puts slices where they belong as they come, so that the driver holds few of them twice. */
  private final class Arrivals extends AbstractFunction2<Object, ArrayList<Merged>, BoxedUnit> {
    private final List<double[]> arrays = lengths.stream().map(double[]::new).toList();
    private BadRow badRow;

    @Override
    public synchronized BoxedUnit apply(Object task, ArrayList<Merged> slices) {
      for (Merged merged : slices) {
        Stretch stretch = stretches.get(merged.position());
        double[] values = merged.slice().values();
        System.arraycopy(values, 0, arrays.get(stretch.array()), stretch.from(), values.length);
        badRow = badRow == null ? merged.slice().badRow() : badRow;
      }
      return BoxedUnit.UNIT;
    }

    synchronized Sum sum() {
      return new Sum(arrays, badRow);
    }
  }

  private int reducers(int parallelism) {
    long bytes = Double.BYTES * lengths.stream().mapToLong(Integer::longValue).sum();
    int wanted = (int) Math.min(MOST_REDUCERS, bytes / TASK_BYTES);
    return Math.min(stretches.size(), Math.max(parallelism, wanted));
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
  private static final class Merging implements Iterator<Merged> {
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
    public Merged next() {
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
      return new Merged(slice, sum);
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
