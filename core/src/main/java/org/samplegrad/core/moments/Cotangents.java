package org.samplegrad.core.moments;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.samplegrad.core.autograd.Gradients;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.parameters.ParameterLayout;
import org.samplegrad.core.parameters.ParameterVector;

/**
 * A functional's value and its derivatives with respect to the unscaled moments: all that the
 * pull-back pass needs to know of it.
 *
 * @param sum {@code c1 = dJ/dS1}
 * @param squaredSum {@code c2 = dJ/dS2}
 */
public record Cotangents(double value, ParameterVector sum, ParameterVector squaredSum)
    implements Serializable {

  /**
   * Evaluates and differentiates a functional.
   *
   * @param backend should compute in float64
   * @throws IllegalArgumentException if the moments are empty
   */
  public static Cotangents of(
      MomentFunctional functional, Moments moments, Reduction reduction, Backend backend) {
    if (moments.count() == 0) {
      throw new IllegalArgumentException("A functional of the moments of no samples is undefined");
    }
    return backend.scoped(
        () -> {
          List<double[]> arrays = moments.arrays();
          ParameterLayout layout = moments.layout();
          ParameterLayout squaredLayout = moments.squaredLayout();
          double factor = reduction.factor(moments);
          double squaredFactor = factor * factor;
          // Scaled outside of the differentiation, which would keep four more arrays of all
          // parameters until its end.
          List<Variable> sums = leaves(layout, scaled(arrays.get(1), factor), backend);
          List<Variable> squaredSums =
              leaves(squaredLayout, scaled(arrays.get(2), squaredFactor), backend);
          Variable value = functional.value(moments.count(), sums, squaredSums);
          List<Variable> targets = new ArrayList<>(sums);
          targets.addAll(squaredSums);
          List<Variable> gradients = Gradients.constantsOf(value, targets);
          return new Cotangents(
              value.item(),
              vector(layout, gradients.subList(0, sums.size()), factor),
              vector(squaredLayout, gradients.subList(sums.size(), targets.size()), squaredFactor));
        });
  }

  private static List<Variable> leaves(ParameterLayout layout, double[] values, Backend backend) {
    return new ParameterVector(layout, values).variables(backend, Variable::leaf);
  }

  private static double[] scaled(double[] values, double factor) {
    return factor == 1 ? values : Arrays.stream(values).map(value -> factor * value).toArray();
  }

  private static ParameterVector vector(
      ParameterLayout layout, List<Variable> parts, double factor) {
    double[] values = new double[layout.size()];
    for (int i = 0; i < parts.size(); i++) {
      parts.get(i).backend().addTo(parts.get(i).value(), values, layout.entries().get(i).offset());
    }
    return new ParameterVector(layout, scaled(values, factor));
  }
}
