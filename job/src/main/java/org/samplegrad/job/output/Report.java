package org.samplegrad.job.output;

import java.util.ArrayList;
import java.util.List;
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
 * @param notes what the user should know about the model, a sentence each
 */
public record Report(
    FunctionalResult result, Reduction reduction, Map<String, String> options, List<String> notes) {

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

  /** The shares of all parameters, in the model's order. */
  public List<ParameterShare> shares() {
    List<ParameterShare> shares = new ArrayList<>();
    List<ParameterLayout.Entry> entries = statistics().meanGradient().layout().entries();
    ParameterVector variance = statistics().variance();
    for (int i = 0; i < entries.size(); i++) {
      double bound = statistics().relativeErrorBound(result.precision(), i);
      shares.add(
          new ParameterShare(
              entries.get(i).name(),
              entries.get(i).shape().extents(),
              bound < 1 ? variance.sum(variance.layout().entries().get(i)) : 0,
              statistics().meanGradient().norm(entries.get(i)),
              bound));
    }
    return shares;
  }
}
