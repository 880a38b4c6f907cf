package org.samplegrad.datasets;

import java.io.Serializable;

/**
 * A row that cannot be used, by its place in the source.
 *
 * @param partition the source's partition it was read in
 * @param index its position in that partition, from 0
 * @param file where it was read from, or null if that is not known
 * @param problem a phrase that follows the column's name, such as "is null"
 */
public record BadRow(int partition, long index, FilePosition file, String column, String problem)
    implements Serializable {

  /**
   * The message for the person who must act.
   *
   * @param row its position from 0
   * @param place in what the position is counted
   */
  public String describe(long row, String place) {
    return "Row %d of %s (rows counted from 0): column '%s' %s"
        .formatted(row, place, column, problem);
  }
}
