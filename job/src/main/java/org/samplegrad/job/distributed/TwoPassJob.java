package org.samplegrad.job.distributed;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.storage.StorageLevel;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Backends;
import org.samplegrad.core.backend.KeptResults;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.moments.Cotangents;
import org.samplegrad.core.moments.ErrorBounds;
import org.samplegrad.core.moments.MomentFunctional;
import org.samplegrad.core.moments.MomentStatistics;
import org.samplegrad.core.moments.Moments;
import org.samplegrad.core.moments.Reduction;
import org.samplegrad.core.moments.VarianceDetail;
import org.samplegrad.core.parameters.ParameterLayout;
import org.samplegrad.core.parameters.ParameterVector;
import org.samplegrad.core.passes.Block;
import org.samplegrad.core.passes.MomentsPass;
import org.samplegrad.core.passes.Objective;
import org.samplegrad.core.passes.PullBackPass;
import org.samplegrad.datasets.BadDataException;
import org.samplegrad.datasets.BlockDelivery;
import org.samplegrad.datasets.spark.DistributedBlocks;
import org.samplegrad.job.failures.JobFailedException;

/**
 * A functional of the moments of all individual gradients, and its gradient: moments on the
 * executors, the functional with its cotangents on the driver, the pull-back on the executors.
 */
public final class TwoPassJob {
  private static final String MOMENTS = "Moments pass";
  private static final String PULL_BACK = "Pull-back pass";

  /** Arrays of the size of the parameters that a program of two tasks holds at once, about. */
  private static final int ARRAYS_OF_PARAMETERS = 8;

  private final JavaSparkContext spark;
  private final Objective objective;
  private final String backendName;
  private final Broadcast<ParameterVector> parameters;
  private final NotFinite check;
  private final PassListener listener;
  private final TotalsReduction.Choice reductions;

  public TwoPassJob(
      JavaSparkContext spark,
      Objective objective,
      ParameterVector parameters,
      String backendName,
      PassListener listener) {
    this(spark, objective, parameters, backendName, listener, TotalsReduction::of);
  }

  TwoPassJob(
      JavaSparkContext spark,
      Objective objective,
      ParameterVector parameters,
      String backendName,
      PassListener listener,
      TotalsReduction.Choice reductions) {
    this.spark = spark;
    this.objective = objective;
    this.backendName = backendName;
    this.parameters = spark.broadcast(parameters);
    this.check = new NotFinite(objective, this.parameters, backendName);
    this.listener = listener;
    this.reductions = reductions;
  }

  /** What the job is to find out, and how. */
  public record Plan(
      MomentFunctional functional,
      VarianceDetail detail,
      Reduction reduction,
      PrecisionChoice precision) {}

  /** The first pass's result. */
  private record MomentsResult(
      Moments moments, LargestGradients.Found largest, long skippedRows, double seconds) {}

  private record PullBackResult(ParameterVector gradient, double seconds) {}

  /** Why results in float32 will not do. */
  private record Inaccurate(String what, double bound) {}

  /**
   * What an attempt in one precision came to.
   *
   * @param result null if it is not accurate enough
   */
  private record Outcome(FunctionalResult result, Inaccurate inaccurate, Times times) {}

  /** Of the passes so far, as the driver saw them. */
  private record Times(double moments, double pullBack) {}

  /** What the second pass starts from; the moments leave it their memory. */
  private record Between(
      MomentStatistics statistics,
      long skippedRows,
      ErrorEstimate errors,
      Cotangents cotangents,
      Inaccurate inaccurate,
      Times times) {}

  /**
   * @param blocks the data set, for computing in a precision
   * @throws BadDataException if a row is bad, there are none, or a mean has nothing to divide by
   * @throws JobFailedException if the totals are not finite numbers, or if float32 will not do and
   *     the backend has no float64
   */
  public FunctionalResult run(Function<Precision, DistributedBlocks> blocks, Plan plan) {
    Outcome outcome = compute(blocks, plan, plan.precision().first(), new Times(0, 0));
    if (outcome.result() == null) {
      requireFloat64(outcome.inaccurate());
      listener.repeatsInFloat64(outcome.inaccurate().what(), outcome.inaccurate().bound());
      PrecisionChoice repeated = PrecisionChoice.FLOAT64;
      Plan inFloat64 = new Plan(plan.functional(), plan.detail(), plan.reduction(), repeated);
      outcome = compute(blocks, inFloat64, repeated.first(), outcome.times());
    }
    return outcome.result();
  }

  private void requireFloat64(Inaccurate inaccurate) {
    if (!Backends.offers(backendName, Precision.FLOAT64)) {
      throw new JobFailedException(
          "In float32 the %s may be wrong by more than --precision auto takes, and the backend '%s' has no float64 to repeat in. Leave out --backend, or take float32 and its error bounds by --precision float32"
              .formatted(inaccurate.what(), backendName));
    }
  }

  private Outcome compute(
      Function<Precision, DistributedBlocks> blocks,
      Plan plan,
      Precision precision,
      Times earlier) {
    try (Attempt attempt = new Attempt(blocks, precision, plan)) {
      Between between = attempt.functional(earlier);
      if (between.inaccurate() != null) {
        return new Outcome(null, between.inaccurate(), between.times());
      }
      PullBackResult second = attempt.pullBack(between.cotangents());
      check.requireFinite(second.gradient(), precision);
      Times times =
          new Times(between.times().moments(), between.times().pullBack() + second.seconds());
      ErrorBounds bounds = between.errors().with(second.gradient());
      if (plan.precision().asksForFloat64(bounds.gradient())) {
        return new Outcome(null, new Inaccurate("gradient", bounds.gradient()), times);
      }
      FunctionalResult result =
          new FunctionalResult(
              between.statistics(),
              between.cotangents().value(),
              second.gradient(),
              bounds,
              between.skippedRows(),
              precision,
              attempt.backendUsed,
              times.moments(),
              times.pullBack());
      return new Outcome(result, null, times);
    }
  }

  private static double now() {
    return System.nanoTime() * 1e-9;
  }

  /** Both passes over the same blocks in one precision. */
  private final class Attempt implements AutoCloseable {
    private final Function<Precision, DistributedBlocks> byPrecision;
    private final DistributedBlocks blocks;
    private final Precision precision;
    private final Plan plan;
    private final String backendUsed;
    private final boolean hasRoomForComparison;
    private final JavaRDD<StoredDelivery> stored;
    private final JavaRDD<BlockDelivery> deliveries;

    Attempt(Function<Precision, DistributedBlocks> byPrecision, Precision precision, Plan plan) {
      this.byPrecision = byPrecision;
      this.blocks = byPrecision.apply(precision);
      this.precision = precision;
      this.plan = plan;
      // Opened here first, so that a backend that cannot run fails with its own message.
      try (Backend backend = Backends.open(backendName, precision)) {
        this.backendUsed = backend.name();
      }
      JavaRDD<BlockDelivery> found = blocks.deliveries();
      Heaps heaps = Heaps.of(spark.getConf());
      MemoryNeed need = MemoryNeed.of(objective, plan.detail(), precision);
      need.requireFits(heaps, found.getNumPartitions());
      boolean inMemory = need.leavesRoomForBlocks(heaps, found.getNumPartitions());
      this.hasRoomForComparison = need.leavesRoomForComparison(heaps, inMemory);
      this.stored =
          found
              .map(StoredDelivery::new)
              .persist(inMemory ? StorageLevel.MEMORY_AND_DISK() : StorageLevel.DISK_ONLY());
      this.deliveries = stored.map(StoredDelivery::delivery);
    }

    @Override
    public void close() {
      stored.unpersist();
    }

    /** The first pass and the functional, with what its errors come to. */
    Between functional(Times earlier) {
      MomentsResult first = moments();
      Times times = new Times(earlier.moments() + first.seconds(), earlier.pullBack());
      MomentStatistics statistics = MomentStatistics.of(first.moments(), plan.reduction());
      double cancellation = statistics.relativeErrorBound(precision);
      boolean finite = Double.isFinite(statistics.lossMean()) && !Double.isNaN(cancellation);
      if (plan.precision() == PrecisionChoice.AUTO && !finite) {
        Inaccurate overflow = new Inaccurate("loss or its gradient", Double.POSITIVE_INFINITY);
        return new Between(statistics, 0, null, null, overflow, times);
      }
      Inaccurate inaccurate = inaccurate("total variance", cancellation);
      if (inaccurate != null) {
        return new Between(statistics, 0, null, null, inaccurate, times);
      }
      check.requireFinite(statistics, blocks, precision);
      try (Backend float64 = Backends.open(Backends.AUTO, Precision.FLOAT64)) {
        ErrorEstimate errors = errors(first, statistics, float64);
        inaccurate = inaccurate("total variance", errors.variance().totalVariance());
        if (inaccurate == null && errors.ofAllSamples()) { // few, so that they cost little again
          inaccurate = inaccurate("variance of a parameter", errors.variance().worstOfParameters());
        }
        Cotangents cotangents =
            inaccurate != null
                ? null
                : Cotangents.of(plan.functional(), first.moments(), plan.reduction(), float64);
        return new Between(statistics, first.skippedRows(), errors, cotangents, inaccurate, times);
      }
    }

    private Inaccurate inaccurate(String what, double bound) {
      return plan.precision().asksForFloat64(bound) ? new Inaccurate(what, bound) : null;
    }

    private ErrorEstimate errors(
        MomentsResult first, MomentStatistics statistics, Backend float64) {
      Moments moments = first.moments();
      if (moments.count() == 1 || !hasRoomForComparison) {
        return ErrorEstimate.withoutComparison(statistics, precision);
      }
      return ErrorEstimate.of(
          objective,
          parameters.value(),
          precision == Precision.FLOAT64 ? blocks : byPrecision.apply(Precision.FLOAT64),
          () -> rowsOf(first.largest()),
          moments,
          statistics,
          precision,
          backendName,
          plan,
          float64);
    }

    /** The rows with the largest gradients of a block. */
    private Block rowsOf(LargestGradients.Found found) {
      return deliveries
          .mapPartitions(
              largestRows(objective, parameters, found.block(), backendName, precision), true)
          .collectPartitions(new int[] {found.partition()})[0]
          .get(0);
    }

    private MomentsResult moments() {
      VarianceDetail detail = plan.detail();
      double start = start(MOMENTS);
      ParameterLayout layout = objective.model().parameters();
      List<Integer> lengths = new ArrayList<>(Moments.arrayLengths(layout, detail));
      lengths.add(1); // rows passed over
      LargestGradients largest = new LargestGradients();
      spark.sc().register(largest);
      TotalsReduction.Sum sum =
          reductions
              .of(lengths, deliveries)
              .over(
                  deliveries,
                  momentsWork(objective, parameters, detail, largest, backendName, precision));
      double seconds = end(MOMENTS, start);
      if (sum.badRow() != null) {
        throw new BadDataException(blocks.describe(sum.badRow()));
      }
      int last = lengths.size() - 1;
      Moments moments = Moments.ofArrays(layout, detail, sum.arrays().subList(0, last));
      long skipped = (long) sum.arrays().get(last)[0];
      if (moments.count() == 0) {
        throw new BadDataException(
            skipped == 0
                ? "%s is empty: there is no row to compute anything from".formatted(blocks.name())
                : "%s has no usable row: all %d were skipped".formatted(blocks.name(), skipped));
      }
      if (plan.reduction() == Reduction.MEAN && moments.denominator() == 0) {
        throw new BadDataException(
            "%s has no label that counts: all %d are ignored or have the weight 0, so that --reduction"
                    .formatted(blocks.name(), moments.count())
                + " mean would divide by 0");
      }
      return new MomentsResult(moments, largest.value(), skipped, seconds);
    }

    PullBackResult pullBack(Cotangents cotangents) {
      double start = start(PULL_BACK);
      Broadcast<Cotangents> shared = spark.broadcast(cotangents);
      ParameterLayout layout = objective.model().parameters();
      TotalsReduction.Sum sum =
          reductions
              .of(List.of(layout.size()), deliveries)
              .over(
                  deliveries, pullBackWork(objective, parameters, shared, backendName, precision));
      shared.destroy();
      double seconds = end(PULL_BACK, start);
      return new PullBackResult(new ParameterVector(layout, sum.arrays().get(0)), seconds);
    }

    private double start(String pass) {
      spark.sc().setJobDescription("%s over %s in %s".formatted(pass, blocks.name(), precision));
      listener.passStarted(pass, blocks.name(), precision);
      return now();
    }

    private double end(String pass, double start) {
      double seconds = now() - start;
      spark.sc().setJobDescription(null);
      listener.passEnded(pass, seconds);
      return seconds;
    }
  }

  /** Nothing is kept where it would take the heap that arrays of the parameters' size need. */
  private static KeptResults keptOf(BlockDelivery delivery, ParameterLayout layout) {
    long arrays = ARRAYS_OF_PARAMETERS * Double.BYTES * (long) layout.size();
    return arrays + KeptResults.mostBytes() <= Runtime.getRuntime().maxMemory() / 2
        ? delivery.kept()
        : KeptResults.none();
  }

  private static TotalsReduction.PartitionWork momentsWork(
      Objective objective,
      Broadcast<ParameterVector> parameters,
      VarianceDetail detail,
      LargestGradients largest,
      String backendName,
      Precision precision) {
    return deliveries -> {
      if (!deliveries.hasNext()) {
        return PartitionTotals.NONE;
      }
      try (Backend backend = Backends.open(backendName, precision)) {
        MomentsPass pass = new MomentsPass(objective, parameters.value(), backend);
        Moments moments = Moments.empty(parameters.value().layout(), detail);
        double[] skipped = new double[1];
        double squares = 0;
        for (int block = 0; deliveries.hasNext(); block++) {
          BlockDelivery delivery = deliveries.next();
          if (delivery.badRow() != null) {
            return new PartitionTotals(null, delivery.badRow());
          }
          skipped[0] += delivery.skippedRows();
          if (delivery.block() != null) {
            pass.add(delivery.block(), keptOf(delivery, parameters.value().layout()), moments);
            double before = squares;
            squares = moments.squares();
            largest.add(
                new LargestGradients.Found(squares - before, TaskContext.getPartitionId(), block));
          }
        }
        List<double[]> arrays = new ArrayList<>(moments.arrays());
        arrays.add(skipped);
        return new PartitionTotals(arrays, null);
      }
    };
  }

  private static FlatMapFunction<Iterator<BlockDelivery>, Block> largestRows(
      Objective objective,
      Broadcast<ParameterVector> parameters,
      int block,
      String backendName,
      Precision precision) {
    return partition -> {
      try (Backend backend = Backends.open(backendName, precision)) {
        MomentsPass pass = new MomentsPass(objective, parameters.value(), backend);
        ParameterLayout layout = parameters.value().layout();
        return List.of(LargestGradients.rows(partition, block, pass, layout)).iterator();
      }
    };
  }

  private static TotalsReduction.PartitionWork pullBackWork(
      Objective objective,
      Broadcast<ParameterVector> parameters,
      Broadcast<Cotangents> cotangents,
      String backendName,
      Precision precision) {
    return deliveries -> {
      if (!deliveries.hasNext()) {
        return PartitionTotals.NONE;
      }
      try (Backend backend = Backends.open(backendName, precision)) {
        PullBackPass pass =
            new PullBackPass(objective, parameters.value(), cotangents.value(), backend);
        double[] totals = new double[parameters.value().layout().size()];
        while (deliveries.hasNext()) {
          BlockDelivery delivery = deliveries.next();
          if (delivery.block() != null) {
            KeptResults kept = keptOf(delivery, parameters.value().layout());
            pass.add(delivery.block(), kept.forTheLastTime(), totals);
            kept.release();
          }
        }
        return new PartitionTotals(List.of(totals), null);
      }
    };
  }
}
