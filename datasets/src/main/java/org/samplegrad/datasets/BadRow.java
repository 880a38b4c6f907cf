package org.samplegrad.datasets;

import java.io.Serializable;
import java.util.Comparator;

/**
 * A row that cannot be used, by its place in the source.
 *
 * @param partition the source's partition it was read in
 * @param index its position in that partition, from 0
 * @param file the file it was read from, or empty if it comes from none
 */
public record BadRow(int partition, long index, String file, String column, String problem)
    implements Serializable {

  /** The order in which the source holds its rows. */
  public static final Comparator<BadRow> BY_PLACE =
      Comparator.comparingInt(BadRow::partition).thenComparingLong(BadRow::index);

  /**
   * The message for the person who must act.
   *
   * @param row its position in the whole source, from 0
   * @param source what the source is called
   */
  public String describe(long row, String source) {
    String place = file.isEmpty() ? "" : " (file '" + file + "')";
    return "Row %d of %s%s, rows counted from 0: column '%s' %s"
        .formatted(row, source, place, column, problem);
  }
}
