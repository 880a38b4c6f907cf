package org.samplegrad.datasets;

/**
 * What is wrong with one row.
 *
 * @param column where
 * @param problem a phrase that follows the column's name, such as "is null"
 */
public record RowProblem(String column, String problem) {

  /** The first problem of a source whose columns have no other names; null if there is none. */
  public static RowProblem of(String features, String label) {
    if (features != null) {
      return new RowProblem("features", features);
    }
    return label == null ? null : new RowProblem("label", label);
  }
}
