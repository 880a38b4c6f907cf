package org.samplegrad.job.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import org.samplegrad.datasets.RowPolicy;
import org.samplegrad.job.data.DataRequest;
import org.samplegrad.job.data.DataScheme;
import picocli.CommandLine.Option;

/** Which samples take part. */
final class DataOptions {
  @Option(
      names = "--data",
      paramLabel = "DATA",
      description = {
        "mnist-test (10,000 bundled images), mnist:DIR (the training set's IDX files, plain or .gz),"
            + " synthetic:N (N standard-normal samples that fit the model and the loss), or a path"
            + " or table that Spark reads. Example models have a default."
      })
  String data;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description = "Spark's format of the files (default: by extension, else parquet).")
  String format;

  @Option(
      names = "--read-option",
      paramLabel = "KEY=VALUE",
      description = "Option of Spark's reader; may be repeated.")
  Map<String, String> readOptions = new LinkedHashMap<>();

  @Option(
      names = "--features",
      paramLabel = "COLUMN",
      defaultValue = "features",
      description =
          "Column with the features: an array of numbers, an ML vector, or binary (unsigned bytes)"
              + " (default: ${DEFAULT-VALUE}).")
  String features;

  @Option(
      names = "--label",
      paramLabel = "COLUMN",
      defaultValue = "label",
      description =
          "Column with the label: an integer class, a number, or an array"
              + " (default: ${DEFAULT-VALUE}).")
  String label;

  @Option(
      names = "--on-bad-row",
      paramLabel = "ACTION",
      defaultValue = "fail",
      description =
          "What to do with a row that cannot be used: ${COMPLETION-CANDIDATES} (default:"
              + " ${DEFAULT-VALUE}).")
  RowPolicy onBadRow;

  DataRequest request() {
    return request(data);
  }

  /** The same options for a data set of the program's choice. */
  DataRequest request(Object location) {
    return new DataRequest(location.toString(), format, readOptions, features, label);
  }

  /** The path of the data if they are read from one, or null. */
  String path() {
    return data == null ? null : DataScheme.path(data);
  }
}
