package org.samplegrad.datasets.spark;

import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.DataType;
import org.samplegrad.datasets.BadDataException;
import org.samplegrad.datasets.BadRow;
import org.samplegrad.datasets.BlockDelivery;
import org.samplegrad.datasets.BlockIterator;
import org.samplegrad.datasets.FilePosition;
import org.samplegrad.datasets.SampleFormat;

/**
 * The rows of a table as blocks. Rows are read in Spark's internal form, from which the numbers of
 * a cell are copied at once into a primitive array.
 */
public final class TableBlocks implements DistributedBlocks {
  /** What Spark calls the columns of a CSV file whose header it was not told of. */
  private static final Predicate<String> UNNAMED = Pattern.compile("_c\\d+").asMatchPredicate();

  private final String name;
  private final JavaRDD<InternalRow> rows;
  private final JavaRDD<BlockDelivery> asRead;
  private final JavaRDD<BlockDelivery> deliveries;

  private TableBlocks(
      String name,
      JavaRDD<InternalRow> rows,
      JavaRDD<BlockDelivery> asRead,
      JavaRDD<BlockDelivery> deliveries) {
    this.name = name;
    this.rows = rows;
    this.asRead = asRead;
    this.deliveries = deliveries;
  }

  /**
   * @param name what the table is called in messages
   * @param features the column with the features
   * @param label the column with the label
   * @throws BadDataException if a column is missing or holds no numbers
   */
  public static TableBlocks of(
      Dataset<Row> table,
      String name,
      String features,
      String label,
      SampleFormat format,
      BlockOptions options) {
    NumberColumn featureColumn = numbers(table, name, features);
    NumberColumn labelColumn = numbers(table, name, label);
    JavaRDD<InternalRow> rows =
        table
            .select(featureColumn.expression(), labelColumn.expression())
            .queryExecution()
            .toRdd()
            .toJavaRDD();
    TableColumns columns =
        new TableColumns(features, featureColumn.reader(), label, labelColumn.reader());
    boolean repartitioned = options.partitions() != BlockOptions.AS_FOUND;
    int blockSize =
        repartitioned
            ? Math.min(options.blockSize(), RepartitionedBlocks.SAMPLES_PER_RECORD)
            : options.blockSize();
    long[] quotas = options.limit() == BlockOptions.ALL ? null : quotas(rows, options.limit());
    JavaRDD<BlockDelivery> deliveries =
        rows.mapPartitionsWithIndex(
            (partition, partitionRows) -> {
              long quota = quotas == null ? BlockOptions.ALL : quotas[partition];
              RowCursor cursor = new RowCursor(partitionRows, columns, quota);
              return new BlockIterator(cursor, partition, format, blockSize, options.policy());
            },
            true);
    return new TableBlocks(
        name,
        rows,
        deliveries,
        repartitioned
            ? RepartitionedBlocks.of(deliveries, options.partitions(), options.blockSize())
            : deliveries);
  }

  private static NumberColumn numbers(Dataset<Row> table, String name, String column) {
    Column found = resolve(table, name, column);
    DataType type = table.select(found).schema().fields()[0].dataType();
    return NumberColumn.of(found, type)
        .orElseThrow(
            () ->
                new BadDataException(
                    "Column '%s' of %s has the type %s; expected %s"
                        .formatted(
                            column, name, type.catalogString(), NumberColumn.EXPECTED_TYPES)));
  }

  private static Column resolve(Dataset<Row> table, String name, String column) {
    boolean literal = Arrays.asList(table.columns()).contains(column);
    if (!literal && column.contains("*")) { // which Spark takes for all columns
      throw noColumn(table, name, column, null);
    }
    try {
      Column found = table.col(literal ? "`" + column.replace("`", "``") + "`" : column);
      table.select(found); // which refuses a part of what has no such parts
      return found;
    } catch (Exception e) {
      if (e instanceof AnalysisException) { // checked, but not declared by Spark's Scala methods
        throw noColumn(table, name, column, e);
      }
      throw e;
    }
  }

  private static BadDataException noColumn(
      Dataset<Row> table, String name, String column, Exception cause) {
    return new BadDataException(
        "%s has no column '%s'; its columns are %s%s"
            .formatted(
                name,
                column,
                String.join(", ", table.columns()),
                Arrays.stream(table.columns()).allMatch(UNNAMED)
                    ? ". --read-option header=true takes the names from the first line"
                    : ""),
        cause);
  }

  /** How many rows of each partition are among the first {@code limit} of the table. */
  private static long[] quotas(JavaRDD<InternalRow> rows, long limit) {
    long[] quotas = new long[rows.getNumPartitions()];
    long left = limit;
    int step = 1;
    for (int first = 0; first < quotas.length && left > 0; first += step, step *= 4) {
      int last = Math.min(quotas.length, first + step);
      long[] counts = counts(rows, first, last, left);
      for (int p = first; p < last; p++) {
        quotas[p] = Math.min(left, counts[p - first]);
        left -= quotas[p];
      }
    }
    return quotas;
  }

  /** The numbers of rows in the partitions {@code [first, last)}, none counted beyond a bound. */
  private static long[] counts(JavaRDD<InternalRow> rows, int first, int last, long bound) {
    List<Long>[] counts =
        rows.mapPartitions(partition -> List.of(count(partition, bound)).iterator())
            .collectPartitions(IntStream.range(first, last).toArray());
    return Arrays.stream(counts).mapToLong(one -> one.get(0)).toArray();
  }

  private static long count(Iterator<InternalRow> rows, long bound) {
    long count = 0;
    while (count < bound && rows.hasNext()) {
      rows.next();
      count++;
    }
    return count;
  }

  @Override
  public JavaRDD<BlockDelivery> deliveries() {
    return deliveries;
  }

  @Override
  public JavaRDD<BlockDelivery> deliveriesAsRead() {
    return asRead;
  }

  @Override
  public String describe(BadRow row) {
    FilePosition file = row.file();
    if (file == null) {
      long[] earlier = counts(rows, 0, row.partition(), Long.MAX_VALUE);
      return row.describe(row.index() + Arrays.stream(earlier).sum(), name);
    }
    return row.describe(file.index() + FileSplits.rowsBefore(rows, file), "'" + file.path() + "'");
  }

  @Override
  public String name() {
    return name;
  }
}
