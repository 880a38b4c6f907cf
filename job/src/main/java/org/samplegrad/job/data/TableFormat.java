package org.samplegrad.job.data;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.security.AccessControlException;

/**
 * Formats of tables that say, in files beside those with the data, which of them count and which of
 * their rows are deleted. Read as plain files, deleted rows and older versions would count too. A
 * new one is one entry here.
 */
public enum TableFormat {
  DELTA("Delta Lake", "_delta_log", ".*", "io.delta:delta-spark_2.12:3.3.2"),
  ICEBERG(
      "Iceberg",
      "metadata",
      "version-hint\\.text|snap-.*\\.avro|.*\\.metadata\\.json(\\.gz)?",
      "org.apache.iceberg:iceberg-spark-runtime-3.5_2.12:1.9.2"),
  HUDI("Hudi", ".hoodie", ".*", "org.apache.hudi:hudi-spark3.5-bundle_2.12:1.0.2");

  /** In each directory of a Hudi table, also in one that was copied out of it. */
  private static final String HUDI_DIRECTORY = ".hoodie_partition_metadata";

  private static final String DELTA_EXTENSION = "io.delta.sql.DeltaSparkSessionExtension";

  private final String title;
  private final String directory;
  private final Predicate<String> fileNames;
  private final String library;

  TableFormat(String title, String directory, String fileNames, String library) {
    this.title = title;
    this.directory = directory;
    this.fileNames = Pattern.compile(fileNames).asMatchPredicate();
    this.library = library;
  }

  /**
   * What a Spark session needs in order to read the tables whose readers are on the class path, by
   * the names of Spark's options. Delta Lake's reader leaves out deleted rows by rules that its
   * extension adds to the session.
   */
  public static Map<String, String> sessionOptions() {
    return isOnClassPath(DELTA_EXTENSION)
        ? Map.of(
            "spark.sql.extensions",
            DELTA_EXTENSION,
            "spark.sql.catalog.spark_catalog",
            "org.apache.spark.sql.delta.catalog.DeltaCatalog")
        : Map.of();
  }

  private static boolean isOnClassPath(String className) {
    try {
      Class.forName(className, false, Thread.currentThread().getContextClassLoader());
      return true;
    } catch (ClassNotFoundException | LinkageError e) {
      return false;
    }
  }

  /** A table of one of these formats. */
  record Table(TableFormat format, Path root) {}

  String title() {
    return title;
  }

  /** An artifact with the format's own reader, for messages. */
  String library() {
    return library;
  }

  /** The table that a file makes of a directory above it. */
  static Optional<Table> madeBy(Path file) {
    for (TableFormat format : values()) {
      Path parent = file.getParent();
      if (parent != null
          && parent.getName().equals(format.directory)
          && format.fileNames.test(file.getName())) {
        return Optional.of(new Table(format, parent.getParent()));
      }
    }
    return file.getName().equals(HUDI_DIRECTORY)
        ? Optional.of(new Table(HUDI, file.getParent()))
        : Optional.empty();
  }

  /** The table that a directory is or lies in. */
  static Optional<Table> around(FileSystem system, Path directory) throws IOException {
    for (Path above = directory; above != null; above = above.getParent()) {
      for (TableFormat format : values()) {
        if (format.isAt(system, above)) {
          return Optional.of(new Table(format, above));
        }
      }
      if (isPartOfHudi(system, above)) {
        return Optional.of(new Table(HUDI, above));
      }
    }
    return Optional.empty();
  }

  private boolean isAt(FileSystem system, Path root) throws IOException {
    try {
      FileStatus[] found = system.listStatus(new Path(root, directory));
      return Arrays.stream(found).anyMatch(file -> fileNames.test(file.getPath().getName()));
    } catch (FileNotFoundException | AccessControlException e) {
      return false;
    }
  }

  private static boolean isPartOfHudi(FileSystem system, Path directory) throws IOException {
    try {
      return system.exists(new Path(directory, HUDI_DIRECTORY));
    } catch (AccessControlException e) {
      return false;
    }
  }

  /** Spark's name of the format. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
