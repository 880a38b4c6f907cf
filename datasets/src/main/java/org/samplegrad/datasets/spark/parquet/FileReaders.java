package org.samplegrad.datasets.spark.parquet;

import java.io.Serializable;
import java.util.Map;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.execution.datasources.PartitionedFile;
import scala.collection.Iterator;
import scala.runtime.AbstractFunction1;

/** For each file the reader that fits it. */
final class FileReaders extends AbstractFunction1<PartitionedFile, Iterator<InternalRow>>
    implements Serializable {
  private static final long serialVersionUID = 1L;

  private final FileReader usual;
  private final Map<String, FileReader> others;

  /**
   * @param others by the paths of files that differ
   */
  FileReaders(FileReader usual, Map<String, FileReader> others) {
    this.usual = usual;
    this.others = others;
  }

  @Override
  public Iterator<InternalRow> apply(PartitionedFile file) {
    return others.getOrDefault(file.toPath().toString(), usual).read(file);
  }
}
