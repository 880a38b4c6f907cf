package org.samplegrad.datasets.spark;

import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.Partition;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.rdd.InputFileBlockHolder;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.execution.datasources.FilePartition;
import org.apache.spark.unsafe.types.UTF8String;
import org.samplegrad.datasets.FilePosition;

/** The pieces of files that Spark reads, from which a row gets its position in its file. */
final class FileSplits {
  private FileSplits() {}

  /** The piece that the running task reads from. */
  record Current(UTF8String path, long start) {
    FilePosition position(long index) {
      return new FilePosition(path.toString(), start, index);
    }
  }

  /**
   * What Spark's functions input_file_name and input_file_block_start have; null without a file.
   */
  static Current current() {
    UTF8String path = InputFileBlockHolder.getInputFilePath();
    return path.numBytes() == 0 ? null : new Current(path, InputFileBlockHolder.getStartOffset());
  }

  /** The number of rows of a file in the pieces before the one of the given position. */
  static long rowsBefore(JavaRDD<InternalRow> rows, FilePosition position) {
    if (position.splitStart() == 0) {
      return 0;
    }
    Partition[] partitions = rows.rdd().partitions();
    int[] holding =
        IntStream.range(0, partitions.length)
            .filter(p -> holdsEarlierPiece(partitions[p], position))
            .toArray();
    List<Long>[] counts =
        rows.mapPartitions(partition -> List.of(countBefore(partition, position)).iterator())
            .collectPartitions(holding);
    return Arrays.stream(counts).mapToLong(one -> one.get(0)).sum();
  }

  private static boolean holdsEarlierPiece(Partition partition, FilePosition position) {
    return !(partition instanceof FilePartition files)
        || Arrays.stream(files.files())
            .anyMatch(
                piece ->
                    piece.urlEncodedPath().equals(position.path())
                        && piece.start() < position.splitStart());
  }

  private static long countBefore(Iterator<InternalRow> rows, FilePosition position) {
    long count = 0;
    while (rows.hasNext()) {
      rows.next();
      Current current = current();
      if (current != null
          && current.path().toString().equals(position.path())
          && current.start() < position.splitStart()) {
        count++;
      }
    }
    return count;
  }
}
