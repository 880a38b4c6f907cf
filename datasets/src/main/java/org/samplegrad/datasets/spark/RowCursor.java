package org.samplegrad.datasets.spark;

import java.util.Iterator;
import org.apache.spark.sql.catalyst.InternalRow;
import org.samplegrad.datasets.BlockBuilder;
import org.samplegrad.datasets.FilePosition;
import org.samplegrad.datasets.NumberSink;
import org.samplegrad.datasets.RowProblem;
import org.samplegrad.datasets.SampleCursor;

/** Steps through the first rows of a table's partition: features in field 0, label in field 1. */
final class RowCursor implements SampleCursor {
  private final Iterator<InternalRow> rows;
  private final TableColumns columns;
  private long left;
  private InternalRow row;
  private FileSplits.Current split;
  private long indexInSplit;

  /**
   * @param quota how many rows of this partition take part
   */
  RowCursor(Iterator<InternalRow> rows, TableColumns columns, long quota) {
    this.rows = rows;
    this.columns = columns;
    this.left = quota;
  }

  @Override
  public boolean advance() {
    if (left == 0 || !rows.hasNext()) {
      return false;
    }
    left--;
    row = rows.next();
    FileSplits.Current current = FileSplits.current();
    indexInSplit = current != null && current.equals(split) ? indexInSplit + 1 : 0;
    split = current;
    return true;
  }

  @Override
  public RowProblem read(BlockBuilder into) {
    RowProblem problem = read(0, columns.features(), columns.featureReader(), into.features());
    return problem != null
        ? problem
        : read(1, columns.label(), columns.labelReader(), into.label());
  }

  private RowProblem read(
      int ordinal, String column, NumberColumn.CellReader reader, NumberSink into) {
    String problem = row.isNullAt(ordinal) ? "is null" : reader.read(row, ordinal, into);
    return problem == null ? null : new RowProblem(column, problem);
  }

  @Override
  public FilePosition position() {
    return split == null ? null : split.position(indexInSplit);
  }
}
