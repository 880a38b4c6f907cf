package org.samplegrad.datasets.spark.parquet;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.hadoop.metadata.ParquetMetadata;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.execution.datasources.parquet.ParquetToSparkSchemaConverter;
import org.apache.spark.util.SerializableConfiguration;
import org.samplegrad.datasets.BadDataException;

/**
 * What the footers of a table's files say.
 *
 * @param files the paths with each layout, in the order of the files
 * @param rowBytes the bytes of a row's numbers in each column, the most in any file
 * @param problem the first file that cannot be read and why, or null
 */
record FileLayouts(Map<FileLayout, List<String>> files, Map<String, Long> rowBytes, String problem)
    implements Serializable {

  /** Footers that a task reads, if there are more than one for each core. */
  private static final int FILES_PER_TASK = 32;

  /** A file before it is opened. */
  private record Listed(String path, long length) implements Serializable {}

  private static FileLayouts none() {
    return new FileLayouts(new LinkedHashMap<>(), new HashMap<>(), null);
  }

  /**
   * Reads all footers, in the executors.
   *
   * @param configuration with what {@link ParquetToSparkSchemaConverter} asks for
   * @throws BadDataException if a file cannot be read, naming the first
   */
  static FileLayouts read(
      JavaSparkContext spark, List<FileStatus> files, Configuration configuration) {
    List<Listed> listed =
        files.stream().map(file -> new Listed(file.getPath().toString(), file.getLen())).toList();
    Broadcast<SerializableConfiguration> shared =
        spark.broadcast(new SerializableConfiguration(configuration));
    int tasks = Math.max(spark.defaultParallelism(), listed.size() / FILES_PER_TASK);
    FileLayouts layouts = none();
    for (FileLayouts some :
        spark
            .parallelize(listed, Math.max(1, Math.min(listed.size(), tasks)))
            .mapPartitions(partition -> List.of(read(partition, shared)).iterator())
            .collect()) {
      layouts = layouts.with(some);
    }
    shared.destroy();
    if (layouts.problem() != null) {
      throw new BadDataException(layouts.problem());
    }
    return layouts;
  }

  private static FileLayouts read(
      Iterator<Listed> files, Broadcast<SerializableConfiguration> shared) {
    FileLayouts layouts = none();
    while (files.hasNext() && layouts.problem() == null) {
      layouts = layouts.with(read(files.next(), shared.value().value()));
    }
    return layouts;
  }

  private static FileLayouts read(Listed file, Configuration configuration) {
    try {
      Path path = new Path(file.path());
      FileSystem system = path.getFileSystem(configuration);
      Footer footer = Footer.read(system, path, file.length());
      ParquetMetadata metadata = footer.parsed();
      boolean checksums = PageChecksums.areIn(system, path, metadata.getBlocks());
      FileLayout layout =
          FileLayout.of(
              footer, metadata, checksums, new ParquetToSparkSchemaConverter(configuration));
      return new FileLayouts(
          Map.of(layout, List.of(file.path())), FileLayout.rowBytes(metadata), null);
    } catch (FileNotFoundException e) {
      return unreadable(file, "it is gone");
    } catch (IOException e) {
      return unreadable(file, firstLine(e));
    } catch (RuntimeException e) {
      return unreadable(file, "its footer makes no sense (%s)".formatted(firstLine(e)));
    }
  }

  private static FileLayouts unreadable(Listed file, String why) {
    return new FileLayouts(
        Map.of(),
        Map.of(),
        "The file '%s' cannot be read as parquet: %s. --format selects another format"
            .formatted(file.path(), why));
  }

  private static String firstLine(Exception e) {
    String message = e.getMessage();
    return message == null
        ? e.getClass().getSimpleName()
        : message.strip().lines().findFirst().orElse("");
  }

  /** These and later ones; only this object's maps are changed. */
  private FileLayouts with(FileLayouts later) {
    later.files.forEach(
        (layout, paths) -> files.computeIfAbsent(layout, l -> new ArrayList<>()).addAll(paths));
    later.rowBytes.forEach((column, bytes) -> rowBytes.merge(column, bytes, Math::max));
    return new FileLayouts(files, rowBytes, problem != null ? problem : later.problem);
  }
}
