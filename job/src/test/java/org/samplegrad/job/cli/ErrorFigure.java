package org.samplegrad.job.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/**
 * A relative error beside the bound that was reported for it, infinite where it is null.
 *
 * @param what what the error is one of: V, gradient or parameter
 */
record ErrorFigure(String what, double error, double bound) {
  private static final double LOOSE = 1000;

  static ErrorFigure of(String what, double difference, double right, JsonNode bound) {
    double error = difference == 0 ? 0 : difference / right;
    double reported = bound.isNull() ? Double.POSITIVE_INFINITY : bound.doubleValue();
    return new ErrorFigure(what, error, reported);
  }

  boolean exceeds() {
    return !(error <= bound);
  }

  /** Says almost nothing: the error is far less. */
  boolean isLoose() {
    return bound > LOOSE * error;
  }

  static long loose(List<ErrorFigure> figures) {
    return figures.stream().filter(ErrorFigure::isLoose).count();
  }

  /** How far the bounds of one kind are from the errors. */
  static String line(String what, List<ErrorFigure> figures) {
    List<ErrorFigure> own =
        figures.stream().filter(f -> f.what().equals(what) && f.bound() > 0).toList();
    List<Double> ratios = own.stream().map(f -> f.bound() / f.error()).sorted().toList();
    return "%n%-24s%6d bounds %6d exceeded %6d beyond %.0f times the error, half beyond %.3g times"
        .formatted(
            what,
            own.size(),
            own.stream().filter(ErrorFigure::exceeds).count(),
            loose(own),
            LOOSE,
            ratios.isEmpty() ? Double.NaN : ratios.get(ratios.size() / 2));
  }

  @Override
  public String toString() {
    return "%s %.1e of %.1e".formatted(what, error, bound);
  }
}
