package org.samplegrad.core.golden;

import org.assertj.core.api.AbstractAssert;
import org.samplegrad.core.parameters.ParameterLayout;
import org.samplegrad.core.parameters.ParameterVector;

/** Assertions on the relative difference of parameter vectors. */
public final class Closeness extends AbstractAssert<Closeness, ParameterVector> {

  private Closeness(ParameterVector actual) {
    super(actual, Closeness.class);
  }

  public static Closeness assertThat(ParameterVector actual) {
    return new Closeness(actual);
  }

  /**
   * Asserts that {@code ||actual - expected|| <= tolerance ||expected||} for every parameter and
   * for all together.
   */
  public Closeness isCloseTo(ParameterVector expected, double tolerance) {
    isNotNull();
    if (!actual.layout().equals(expected.layout())) {
      failWithMessage("Expected the layout %s, found %s", expected.layout(), actual.layout());
    }
    for (ParameterLayout.Entry entry : expected.layout().entries()) {
      requireClose(expected, entry.name(), entry.offset(), entry.size(), tolerance);
    }
    requireClose(expected, "all parameters", 0, expected.layout().size(), tolerance);
    return this;
  }

  /**
   * Asserts that {@code ||actual - expected|| <= tolerance ||expected||} for all parameters
   * together, and for each one that is not a hundred times smaller than all: of those rounding
   * leaves fewer digits.
   */
  public Closeness isCloseInSinglePrecisionTo(ParameterVector expected, double tolerance) {
    isNotNull();
    double small = expected.norm() / 100;
    for (ParameterLayout.Entry entry : expected.layout().entries()) {
      double own = expected.norm(entry);
      double allowed = own == 0 ? tolerance : tolerance * Math.max(1, small / own);
      requireClose(expected, entry.name(), entry.offset(), entry.size(), allowed);
    }
    requireClose(expected, "all parameters", 0, expected.layout().size(), tolerance);
    return this;
  }

  private void requireClose(
      ParameterVector expected, String name, int offset, int size, double tolerance) {
    double difference = 0;
    double norm = 0;
    for (int i = offset; i < offset + size; i++) {
      difference += Math.pow(actual.value(i) - expected.value(i), 2);
      norm += Math.pow(expected.value(i), 2);
    }
    if (!(Math.sqrt(difference) <= tolerance * Math.sqrt(norm))) {
      failWithMessage(
          "Expected a relative difference of at most %s for '%s', found %s (norm expected: %s)",
          tolerance, name, Math.sqrt(difference / norm), Math.sqrt(norm));
    }
  }
}
