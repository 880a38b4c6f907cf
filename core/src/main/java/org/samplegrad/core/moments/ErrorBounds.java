package org.samplegrad.core.moments;

import java.util.Collections;
import java.util.List;
import org.samplegrad.core.parameters.ParameterLayout;

/**
 * How far results may be from those of exact arithmetic, relative to these: by rounding in the
 * individual gradients and in their sums, and by cancellation between these. Infinite where a
 * result may be nothing but rounding.
 *
 * @param totalVariance of the total variance
 * @param parameters of each parameter's share of it, in the layout's order
 * @param gradient of the functional's gradient, as a vector; NaN if it is not known
 */
public record ErrorBounds(double totalVariance, List<Double> parameters, double gradient) {

  public ErrorBounds {
    parameters = List.copyOf(parameters);
  }

  /** Of results that are exact, as those over one sample. */
  public static ErrorBounds none(ParameterLayout layout) {
    return new ErrorBounds(0, Collections.nCopies(layout.entries().size(), 0.0), 0);
  }

  public ErrorBounds withGradient(double bound) {
    return new ErrorBounds(totalVariance, parameters, bound);
  }

  /** The largest of all. */
  public double worstOfParameters() {
    return parameters.stream().mapToDouble(bound -> bound).max().orElse(0);
  }

  /**
   * A bound relative to the exact result, from one of the absolute error.
   *
   * @param found the size of the inexact result
   */
  public static double relative(double error, double found) {
    if (error == 0) {
      return 0;
    }
    return error < found ? error / (found - error) : Double.POSITIVE_INFINITY;
  }
}
