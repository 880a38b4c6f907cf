package org.samplegrad.datasets;

import java.util.Locale;

/** What becomes of a row that cannot be used. */
public enum RowPolicy {
  /** The job ends with a message that names the row. */
  FAIL,

  /** The row is passed over and counted. */
  SKIP;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
