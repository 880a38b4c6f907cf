package org.samplegrad.job.distributed;

import java.io.Serializable;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.util.AccumulatorV2;
import org.samplegrad.core.moments.Moments;
import org.samplegrad.core.moments.VarianceDetail;
import org.samplegrad.core.parameters.ParameterLayout;
import org.samplegrad.core.passes.Block;
import org.samplegrad.core.passes.MomentsPass;
import org.samplegrad.datasets.BlockDelivery;

/**
 * The block whose individual gradients have the largest squared norms together, found while the
 * moments are added up. A block that is computed again, after a failure or beside a slow task,
 * changes nothing.
 */
final class LargestGradients extends AccumulatorV2<LargestGradients.Found, LargestGradients.Found> {
  private static final long serialVersionUID = 1;

  /** So many rows of the block are kept. */
  private static final int ROWS = 4;

  /** Of blocks with equal squares the first. */
  private static final Comparator<Found> ORDER =
      Comparator.comparingDouble(Found::squares)
          .thenComparing(Comparator.comparingInt(Found::partition).reversed())
          .thenComparing(Comparator.comparingInt(Found::block).reversed());

  private Found found;

  /**
   * A block by its place.
   *
   * @param squares {@code sum_n ||g_n||^2} over its samples
   * @param block its number among those of the partition, from 0
   */
  record Found(double squares, int partition, int block) implements Serializable {}

  @Override
  public boolean isZero() {
    return found == null;
  }

  @Override
  public LargestGradients copy() {
    LargestGradients copy = new LargestGradients();
    copy.found = found;
    return copy;
  }

  @Override
  public void reset() {
    found = null;
  }

  @Override
  public void add(Found other) {
    if (other != null && (found == null || ORDER.compare(other, found) > 0)) {
      found = other;
    }
  }

  @Override
  public void merge(AccumulatorV2<Found, Found> other) {
    add(other.value());
  }

  /** Null if there was no block. */
  @Override
  public Found value() {
    return found;
  }

  /** The rows of a block with the largest gradients, as far as halving it tells. */
  static Block rows(
      Iterator<BlockDelivery> partition, int block, MomentsPass pass, ParameterLayout layout) {
    for (int i = 0; i < block; i++) {
      partition.next();
    }
    Block rows = partition.next().block();
    while (rows.samples() > ROWS) {
      Block first = part(rows, 0, rows.samples() / 2);
      Block second = part(rows, rows.samples() / 2, rows.samples());
      rows = squares(pass, first, layout) >= squares(pass, second, layout) ? first : second;
    }
    return rows;
  }

  private static Block part(Block block, int from, int to) {
    List<Block> samples = IntStream.range(from, to).mapToObj(block::sample).toList();
    return Block.join(samples);
  }

  private static double squares(MomentsPass pass, Block block, ParameterLayout layout) {
    Moments moments = Moments.empty(layout, VarianceDetail.PARAMETERS);
    pass.add(block, moments);
    return moments.squares();
  }
}
