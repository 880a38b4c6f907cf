package org.samplegrad.job.data;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.execution.datasources.HadoopFsRelation;
import org.apache.spark.sql.execution.datasources.LogicalRelation;
import org.samplegrad.datasets.BadDataException;
import org.samplegrad.datasets.spark.TableBlocks;
import org.samplegrad.job.failures.JobFailedException;
import org.samplegrad.job.failures.RootCause;
import org.samplegrad.job.failures.WrongUsageException;

/** Files or a table that Spark reads. */
final class TableDataSet {
  private static final PlainFormat DEFAULT_FORMAT = PlainFormat.PARQUET;
  private static final String VERIFY_CHECKSUMS = "parquet.page.verify-checksum.enabled";

  /** Spark's option for which files of a directory are read. */
  private static final String FILE_NAMES = "pathGlobFilter";

  /** The columns that Spark finds where no line is a record. */
  private static final String[] CORRUPT_RECORDS = {"_corrupt_record"};

  private TableDataSet() {}

  static DataSet open(SparkSession session, DataRequest request) {
    Dataset<Row> table = table(session, request);
    return (spark, format, options) ->
        TableBlocks.of(table, name(request), request.features(), request.label(), format, options);
  }

  private static String name(DataRequest request) {
    return "'" + request.location() + "'";
  }

  private static Dataset<Row> table(SparkSession session, DataRequest request) {
    // Also for tables and the readers of other formats.
    session.sparkContext().hadoopConfiguration().setIfUnset(VERIFY_CHECKSUMS, "true");
    String location = request.location();
    String format =
        request.format() == null
            ? PlainFormat.byExtension(location).orElse(DEFAULT_FORMAT).toString()
            : request.format();
    if (!PlainFormat.readsFiles(format)) {
      return load(session, request, format);
    }
    if (!exists(session, location)) {
      if (request.format() == null && isTable(session, location)) {
        return session.table(location);
      }
      throw new BadDataException(
          "There is no file, directory or table '%s'. --data takes mnist-test, mnist:DIR, synthetic:N,"
                  .formatted(location)
              + " or a path or table that Spark reads");
    }
    FileListing files = listing(session, request);
    if (files.table().isPresent()) {
      return ofItsOwnReader(session, request, format, files.table().get());
    }
    if (files.files() == 0) {
      throw new BadDataException(
          "There are no data files in %s; files whose names begin with '_' or '.' do not count"
              .formatted(name(request)));
    }
    if (files.empty().isPresent()) {
      throw new BadDataException(
          "The file '%s' is empty (0 bytes), as one is that was not written to its end: write it again, or remove it if it should hold no rows"
              .formatted(files.empty().get()));
    }
    Dataset<Row> table = load(session, request, format);
    if (Arrays.equals(table.columns(), CORRUPT_RECORDS)) {
      throw new BadDataException(
          "%s holds no %s record in any line. --format selects another format, --read-option"
                  .formatted(name(request), format)
              + " multiLine=true reads one that spans lines");
    }
    requireOnePlace(table, request);
    if (PlainFormat.named(format).filter(PlainFormat.JSON::equals).isPresent()) {
      JsonRecords.requireOneEach(session, table, request.readOptions());
    }
    return table;
  }

  /** A column may be in the files and in the names of their directories, which Spark prefers. */
  private static void requireOnePlace(Dataset<Row> table, DataRequest request) {
    if (table.queryExecution().analyzed() instanceof LogicalRelation relation
        && relation.relation() instanceof HadoopFsRelation files) {
      for (String column : List.of(request.features(), request.label())) {
        String whole = column.split("\\.")[0].toLowerCase(Locale.ROOT);
        if (files.overlappedPartCols().contains(whole)) {
          throw new BadDataException(
              "Column '%s' of %s is in the files and also in the names of their directories (%s=...), and need not be the same in both: rename one of them, or give a glob pattern of the files"
                  .formatted(column, name(request), whole));
        }
      }
    }
  }

  /** A table that says by itself what is in it, read by the reader that knows how. */
  private static Dataset<Row> ofItsOwnReader(
      SparkSession session, DataRequest request, String format, TableFormat.Table table) {
    TableFormat own = table.format();
    boolean whole = isAt(session, request.location(), table.root());
    boolean known = PlainFormat.source(own.toString()).isPresent();
    if (request.format() == null && whole && known) {
      return load(session, request, own.toString());
    }
    throw new BadDataException(
        "'%s' %s the %s table '%s', whose log says which files and rows count; read as %s, deleted rows would count too. Give %s--format %s%s"
            .formatted(
                request.location(),
                whole ? "is" : "is part of, or holds,",
                own.title(),
                table.root(),
                format,
                whole ? "" : "--data %s ".formatted(table.root()),
                own,
                known
                    ? ""
                    : ", and Spark the table's reader, such as --packages " + own.library()));
  }

  private static Dataset<Row> load(SparkSession session, DataRequest request, String format) {
    Optional<PlainFormat> plain = PlainFormat.named(format);
    try {
      return session
          .read()
          .format(plain.map(PlainFormat::reader).orElse(format))
          .options(plain.map(PlainFormat::defaults).orElse(Map.of()))
          .options(request.readOptions())
          .load(request.location());
    } catch (BadDataException e) { // has said it
      throw e;
    } catch (Exception | AssertionError e) { // Spark's own are checked, but not declared
      if (session.sparkContext().isStopped()) {
        throw new JobFailedException(
            "Spark has stopped: its master '%s' gives this program no executors"
                .formatted(session.sparkContext().master()),
            e);
      }
      if (RootCause.of(e) instanceof ClassNotFoundException) {
        throw new WrongUsageException(
            "Spark knows no format '%s'; choose one of %s, or give Spark the package that reads it"
                .formatted(format, PlainFormat.names()),
            e);
      }
      throw new BadDataException(
          "%s cannot be read as %s: %s. --format selects another format"
              .formatted(name(request), format, RootCause.messageOf(e)),
          e);
    }
  }

  /** What is done with a path's file system. */
  @FunctionalInterface
  private interface Look<T> {
    T at(HadoopFiles files, String location) throws IOException;
  }

  private static <T> T look(SparkSession session, String location, Look<T> look) {
    try {
      return look.at(new HadoopFiles(session.sparkContext().hadoopConfiguration()), location);
    } catch (IOException e) {
      throw new BadDataException(
          "'%s' cannot be reached: %s".formatted(location, RootCause.messageOf(e)), e);
    }
  }

  private static boolean exists(SparkSession session, String location) {
    return look(session, location, HadoopFiles::exists);
  }

  private static FileListing listing(SparkSession session, DataRequest request) {
    String fileNames =
        request.readOptions().entrySet().stream()
            .filter(option -> option.getKey().equalsIgnoreCase(FILE_NAMES))
            .map(Map.Entry::getValue)
            .findFirst()
            .orElse(null);
    return look(
        session,
        request.location(),
        (files, location) -> FileListing.of(files.locate(location), fileNames));
  }

  private static boolean isAt(SparkSession session, String location, Path root) {
    return look(session, location, (files, path) -> files.locate(path).path().equals(root));
  }

  private static boolean isTable(SparkSession session, String name) {
    return name.matches("[\\w.]+") && session.catalog().tableExists(name);
  }
}
