package org.samplegrad.datasets.spark.parquet;

import java.io.IOException;
import java.io.Serializable;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.paths.SparkPath;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.BoundReference;
import org.apache.spark.sql.catalyst.expressions.Cast;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.UnsafeProjection;
import org.apache.spark.sql.execution.datasources.PartitionedFile;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.SerializableConfiguration;
import org.samplegrad.datasets.BadDataException;
import scala.Function1;
import scala.Option;
import scala.Predef;
import scala.collection.AbstractIterator;
import scala.collection.Iterator;

/**
 * Reads the rows of files of one layout.
 *
 * @param rows Spark's reader of the files' own types
 * @param table the types that the table has instead, or null if they are the same
 */
record FileReader(
    Key key,
    Function1<PartitionedFile, Iterator<InternalRow>> rows,
    StructType table,
    StructType partition,
    Broadcast<SerializableConfiguration> configuration)
    implements Serializable {

  /**
   * What files must have in common.
   *
   * @param types their own ones of the columns that are asked for
   */
  record Key(StructType types, boolean footerChanged, boolean unvectorised, boolean checksums)
      implements Serializable {}

  Iterator<InternalRow> read(PartitionedFile file) {
    Path path = file.toPath();
    try {
      if (key.checksums() && key.types().length() > 0) {
        verify(file, path);
      }
      Iterator<InternalRow> found = rows.apply(key.footerChanged() ? shown(file) : file);
      return new Named<>(path, table == null ? found : found.map(widening()::apply));
    } catch (IOException | RuntimeException e) {
      throw unreadable(path, e);
    }
  }

  private void verify(PartitionedFile file, Path path) throws IOException {
    Configuration own = configuration.value().value();
    Set<String> columns =
        Arrays.stream(key.types().fieldNames())
            .map(name -> name.toLowerCase(Locale.ROOT))
            .collect(Collectors.toSet());
    PageChecksums.verify(path, file.start(), file.length(), columns, own);
  }

  private static PartitionedFile shown(PartitionedFile file) {
    return new PartitionedFile(
        file.partitionValues(),
        SparkPath.fromPath(KnownFooterFileSystem.shown(file.toPath())),
        file.start(),
        file.length(),
        file.locations(),
        file.modificationTime(),
        file.fileSize(),
        file.otherConstantMetadataColumnValues());
  }

  /** From rows with the files' own types, the values of partitions behind them, to the table's. */
  private UnsafeProjection widening() {
    StructField[] own = key.types().fields();
    StructField[] wide = table.fields();
    Stream<Expression> columns =
        IntStream.range(0, own.length)
            .mapToObj(i -> cast(new BoundReference(i, own[i].dataType(), true), wide[i]));
    Stream<Expression> values =
        IntStream.range(0, partition.size())
            .mapToObj(
                i -> new BoundReference(own.length + i, partition.fields()[i].dataType(), true));
    return UnsafeProjection.create(
        Predef.wrapRefArray(Stream.concat(columns, values).toArray(Expression[]::new)));
  }

  private static Expression cast(Expression column, StructField wide) {
    return DataType.equalsStructurally(column.dataType(), wide.dataType(), true)
        ? column
        : new Cast(column, wide.dataType(), Option.empty());
  }

  private static BadDataException unreadable(Path path, Exception e) {
    if (e instanceof BadDataException known) {
      return known;
    }
    Throwable root = e;
    while (root.getCause() != null && root.getCause() != root) {
      root = root.getCause();
    }
    String message = root.getMessage() == null ? "" : root.getMessage().strip();
    BadDataException unreadable =
        new BadDataException(
            "The file '%s' cannot be read: %s"
                .formatted(
                    path,
                    message.isEmpty()
                        ? root.getClass().getSimpleName()
                        : message.lines().findFirst().orElseThrow()));
    unreadable.addSuppressed(e); // as of a cause Spark would make another message
    return unreadable;
  }

  /** Rows, or whole batches of them, whose failures name their file. */
  private static final class Named<T> extends AbstractIterator<T> {
    private final Path path;
    private final Iterator<T> rows;

    Named(Path path, Iterator<T> rows) {
      this.path = path;
      this.rows = rows;
    }

    @Override
    public boolean hasNext() {
      try {
        return rows.hasNext();
      } catch (Exception e) { // Spark's methods declare none
        throw unreadable(path, e);
      }
    }

    @Override
    public T next() {
      try {
        return rows.next();
      } catch (Exception e) {
        throw unreadable(path, e);
      }
    }
  }
}
