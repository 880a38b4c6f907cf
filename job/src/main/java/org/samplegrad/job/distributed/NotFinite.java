package org.samplegrad.job.distributed;

import java.io.Serializable;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import org.apache.spark.broadcast.Broadcast;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Backends;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.moments.MomentStatistics;
import org.samplegrad.core.moments.Moments;
import org.samplegrad.core.moments.Reduction;
import org.samplegrad.core.moments.VarianceDetail;
import org.samplegrad.core.parameters.ParameterVector;
import org.samplegrad.core.passes.Block;
import org.samplegrad.core.passes.MomentsPass;
import org.samplegrad.core.passes.Objective;
import org.samplegrad.datasets.BlockDelivery;
import org.samplegrad.datasets.spark.DistributedBlocks;
import org.samplegrad.job.failures.JobFailedException;

/** Says what became of results that are not finite numbers, and at which row it began. */
record NotFinite(Objective objective, Broadcast<ParameterVector> parameters, String backendName)
    implements Serializable {

  /**
   * What was found in a partition.
   *
   * @param rows up to the first that is not finite, and with it; or all
   * @param loss of that row, null if there is none
   * @param parameter one that it has no finite gradient for, or null
   */
  private record Found(long rows, Double loss, String parameter) implements Serializable {}

  /**
   * @param blocks in which the row is looked for if anything is not finite
   * @throws JobFailedException if anything is not finite
   */
  void requireFinite(MomentStatistics statistics, DistributedBlocks blocks, Precision precision) {
    if (Double.isFinite(statistics.lossMean())
        && statistics.meanGradient().firstNotFinite() == null
        && statistics.variance().firstNotFinite() == null) {
      return;
    }
    NotFinite search = this;
    List<Found> found =
        blocks
            .deliveriesAsRead()
            .mapPartitions(
                partition -> List.of(search.first(partition, precision)).iterator(), true)
            .collect();
    long rows = 0;
    for (Found partition : found) {
      rows += partition.rows();
      if (partition.loss() != null) {
        throw new JobFailedException(
            ofRow(
                "row %d of %s (rows counted from 0)".formatted(rows - 1, blocks.name()),
                partition,
                precision));
      }
    }
    throw new JobFailedException(
        "The sums over all rows are not finite, though each row's numbers are: they are too large."
            + scale(precision));
  }

  private static String ofRow(String row, Found found, Precision precision) {
    double loss = found.loss();
    if (Double.isNaN(loss)) {
      return "The loss of %s is not a finite number (NaN): an operation of the model has no value there, such as the"
              .formatted(row)
          + " logarithm or the root of a negative number, 0/0, or a difference of infinite numbers."
          + " Check this row and the weights"
          + inFloat64(precision);
    }
    if (Double.isInfinite(loss)) {
      return "The loss of %s is not a finite number (infinite): the model's outputs overflow, or it takes the logarithm"
              .formatted(row)
          + " of 0."
          + scale(precision);
    }
    return "The gradient of %s for parameter '%s' is not finite, though its loss is %s: a derivative is infinite or"
            .formatted(row, found.parameter(), String.format(Locale.ROOT, "%.6g", loss))
        + " undefined there, such as that of a square root, a norm or a power at 0. Keep what it is"
        + " taken of away from 0, as by adding a small number under the root, or leave such rows out"
        + inFloat64(precision);
  }

  /**
   * Of the gradient where the moments were finite.
   *
   * @throws JobFailedException if it is not
   */
  void requireFinite(ParameterVector gradient, Precision precision) {
    String parameter = gradient.firstNotFinite();
    if (parameter != null) {
      throw new JobFailedException(
          "The gradient of the result for parameter '%s' is not finite, though the individual gradients are: a second"
                  .formatted(parameter)
              + " derivative of the model or the loss is infinite or undefined at some row, such as"
              + " that of a square root, a norm or a power at 0"
              + inFloat64(precision));
    }
  }

  private static String scale(Precision precision) {
    return " Check the scale of the weights and of the features" + inFloat64(precision);
  }

  /** What may help, unless it is what was done. */
  private static String inFloat64(Precision precision) {
    return precision == Precision.FLOAT64
        ? ""
        : "; if numbers overflow, --precision float64 has room for larger ones";
  }

  private Found first(Iterator<BlockDelivery> partition, Precision precision) {
    long rows = 0;
    try (Backend backend = Backends.open(backendName, precision)) {
      MomentsPass pass = new MomentsPass(objective, parameters.value(), backend);
      while (partition.hasNext()) {
        BlockDelivery delivery = partition.next();
        rows += delivery.skippedRows();
        Block block = delivery.block();
        if (block == null) {
          continue;
        }
        if (of(pass, block) != null) {
          for (int n = 0; n < block.samples(); n++) {
            Found found = of(pass, block.sample(n));
            if (found != null) {
              return new Found(rows + n + 1, found.loss(), found.parameter());
            }
          }
        }
        rows += block.samples();
      }
    }
    return new Found(rows, null, null);
  }

  /** Null if all of the block is finite. */
  private Found of(MomentsPass pass, Block block) {
    Moments moments = Moments.empty(parameters.value().layout(), VarianceDetail.PARAMETERS);
    pass.add(block, moments);
    MomentStatistics statistics = MomentStatistics.of(moments, Reduction.SUM);
    String parameter = statistics.meanGradient().firstNotFinite();
    return Double.isFinite(moments.lossSum()) && parameter == null
        ? null
        : new Found(0, moments.lossSum(), parameter);
  }
}
