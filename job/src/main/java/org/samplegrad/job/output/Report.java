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
 * The total variance of a data set and its gradient, as users see them. A total variance that is
 * smaller than its own rounding error is reported as zero; that of a parameter is not reported.
 *
 * @param options the command line's, by name, defaults included
 * @param notes what the user should know about the model, a sentence each
 */
public record Report(
    FunctionalResult result, Reduction reduction, Map<String, String> options, List<String> notes) {

  /**
   * One parameter's share.
   *
   * @param varianceSum NaN if it may be nothing but rounding
   * @param errorBound relative; infinite in that case
   */
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
    return result.bounds().totalVariance();
  }

  /** The relative error of the gradient, as a vector; NaN if it is not known. */
  public double gradientErrorBound() {
    return result.bounds().gradient();
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
      double bound = result.bounds().parameters().get(i);
      shares.add(
          new ParameterShare(
              entries.get(i).name(),
              entries.get(i).shape().extents(),
              bound < 1 ? variance.sum(variance.layout().entries().get(i)) : Double.NaN,
              statistics().meanGradient().norm(entries.get(i)),
              bound));
    }
    return shares;
  }
}
