package org.samplegrad.core.moments;

import java.util.Locale;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.parameters.ParameterLayout;

/** For what the second moment is kept: the total variance needs no more than a sum. */
public enum VarianceDetail {
  /** For every element of every parameter, {@code S2_j = sum_n g_nj^2}. */
  ELEMENTS,

  /** For every parameter, summed over its elements: {@code sum_n ||g_n||^2}. */
  PARAMETERS;

  /** One element for each number that is kept. */
  public ParameterLayout of(ParameterLayout layout) {
    return this == ELEMENTS
        ? layout
        : new ParameterLayout(
            layout.entries().stream().map(ParameterLayout.Entry::name).toList(),
            layout.entries().stream().map(entry -> Shape.scalar()).toList());
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
