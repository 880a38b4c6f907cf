package org.samplegrad.job.distributed;

import java.util.function.Supplier;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Backends;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.moments.ErrorBounds;
import org.samplegrad.core.moments.MomentStatistics;
import org.samplegrad.core.moments.Moments;
import org.samplegrad.core.parameters.ParameterVector;
import org.samplegrad.core.passes.Block;
import org.samplegrad.core.passes.Objective;
import org.samplegrad.core.passes.PrecisionComparison;
import org.samplegrad.core.passes.PrecisionComparison.GradientError;
import org.samplegrad.datasets.spark.DistributedBlocks;

/**
 * What is known of an attempt's errors before its second pass.
 *
 * @param gradient null if nothing is known
 * @param ofAllSamples whether all samples were compared, since they are few
 */
record ErrorEstimate(ErrorBounds variance, GradientError gradient, boolean ofAllSamples) {

  /** Where there is no room for a comparison, or nothing to compare. */
  static ErrorEstimate withoutComparison(MomentStatistics statistics, Precision precision) {
    return new ErrorEstimate(statistics.cancellationBounds(precision), null, false);
  }

  /**
   * By a comparison of precisions on the driver.
   *
   * @param blocks with inputs in float64
   * @param largest rows with the largest gradients, if asked for
   * @param backendName of the attempt, and for float32
   */
  static ErrorEstimate of(
      Objective objective,
      ParameterVector parameters,
      DistributedBlocks blocks,
      Supplier<Block> largest,
      Moments moments,
      MomentStatistics statistics,
      Precision precision,
      String backendName,
      TwoPassJob.Plan plan,
      Backend float64) {
    long elements = objective.model().elementsPerSample() + moments.layout().size();
    PrecisionComparison.Samples samples =
        SampledRows.of(blocks.deliveriesAsRead(), moments.count(), elements, largest);
    if (samples.units().isEmpty()) {
      return withoutComparison(statistics, precision);
    }
    try (Backend float32 = Backends.open(backendName, Precision.FLOAT32)) {
      PrecisionComparison comparison =
          new PrecisionComparison(
              objective, parameters, samples, moments, precision, float32, float64);
      return new ErrorEstimate(
          comparison.ofVariance(),
          comparison.ofGradient(plan.functional(), plan.reduction()),
          samples.areAll());
    }
  }

  /** With the bound of the gradient that the second pass found. */
  ErrorBounds with(ParameterVector found) {
    return gradient == null ? variance : variance.withGradient(gradient.bound(found));
  }
}
