package org.samplegrad.job.output;

import java.util.Map;
import org.samplegrad.core.moments.MomentStatistics;
import org.samplegrad.core.moments.Reduction;
import org.samplegrad.core.parameters.ParameterLayout;
import org.samplegrad.core.parameters.ParameterVector;
import org.samplegrad.job.distributed.FunctionalResult;

/**
 * The total variance of a data set and its gradient, as users see them. A variance that is smaller
 * than its own rounding error is reported as zero.
 *
 * @param options the command line's, by name, defaults included
 */
public record Report(FunctionalResult result, Reduction reduction, Map<String, String> options) {

  /** One parameter's share. */
  public record ParameterShare(
      String name, int[] shape, double varianceSum, double meanGradientNorm, double errorBound) {}

  public MomentStatistics statistics() {
    return result.statistics();
  }

  public double totalVariance() {
    return errorBound() < 1 ? result.value() : 0;
  }

  /** The relative error of the total variance; infinite if it vanishes in rounding. */
  public double errorBound() {
    return statistics().relativeErrorBound(result.precision());
  }

  /** Whether the total variance is larger than its rounding error. */
  public boolean isResolved() {
    return errorBound() < 1;
  }

  public ParameterShare share(ParameterLayout.Entry entry) {
    ParameterVector variance = statistics().variance();
    double bound =
        statistics()
            .relativeErrorBound(result.precision(), entry.offset(), entry.offset() + entry.size());
    return new ParameterShare(
        entry.name(),
        entry.shape().extents(),
        bound < 1 ? variance.sum(entry) : 0,
        statistics().meanGradient().norm(entry),
        bound);
  }
}
