package org.samplegrad.job.cli;

import org.samplegrad.core.backend.BackendException;
import org.samplegrad.core.backend.Backends;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.passes.Objective;
import org.samplegrad.datasets.spark.BlockOptions;
import org.samplegrad.job.distributed.PrecisionChoice;
import org.samplegrad.job.failures.WrongUsageException;
import picocli.CommandLine.Option;

/** How it is computed. */
final class ComputeOptions {
  /** Beyond it the bookkeeping of so many tasks needs more memory than the work itself. */
  private static final int MOST_PARTITIONS = 100_000;

  @Option(
      names = "--backend",
      paramLabel = "BACKEND",
      defaultValue = Backends.AUTO,
      description =
          "Array library: cpu (float32, fast), nd4j (float32 and float64; a GPU if built for one),"
              + " or auto, the fastest that has the precision (default: ${DEFAULT-VALUE}).")
  String backend;

  @Option(
      names = "--precision",
      paramLabel = "PRECISION",
      defaultValue = "auto",
      description =
          "${COMPLETION-CANDIDATES}; auto computes in float32 and repeats in float64 if that is too"
              + " inaccurate (default: ${DEFAULT-VALUE}).")
  PrecisionChoice precision;

  @Option(
      names = "--block-size",
      paramLabel = "SAMPLES",
      description = "Samples evaluated together (default: as many as fit a memory budget).")
  Integer blockSize;

  @Option(
      names = "--partitions",
      paramLabel = "PARTITIONS",
      description = "Spark partitions (default: those of the data set).")
  Integer partitions;

  void validate() {
    if (!Backends.names().contains(backend)) {
      throw new WrongUsageException(
          "Unknown backend '%s'; choose one of %s"
              .formatted(backend, String.join(", ", Backends.names())));
    }
    try {
      Backends.provider(backend, precision.first());
    } catch (BackendException e) {
      throw new WrongUsageException(e.getMessage(), e);
    }
    requirePositive("--block-size", blockSize);
    requirePositive("--partitions", partitions);
    if (partitions != null && partitions > MOST_PARTITIONS) {
      throw new WrongUsageException(
          "--partitions must be at most %d; found %d".formatted(MOST_PARTITIONS, partitions));
    }
  }

  static void requirePositive(String option, Number value) {
    if (value != null && value.longValue() < 1) {
      throw new WrongUsageException("%s must be at least 1; found %s".formatted(option, value));
    }
  }

  /**
   * Of rows whose features are kept in a precision, which may be one to compare with only.
   *
   * @throws WrongUsageException if the block size asked for makes arrays that are too long
   */
  int blockSize(Objective objective, Precision format) {
    if (blockSize == null) {
      String name = Backends.offers(backend, format) ? backend : Backends.AUTO;
      return objective.blockSize(Backends.provider(name, format), format);
    }
    int largest = objective.largestBlockSize();
    if (blockSize > largest) {
      throw new WrongUsageException(
          "--block-size %d is too large: this model's arrays allow %d at most"
              .formatted(blockSize, largest));
    }
    return blockSize;
  }

  int partitions() {
    return partitions == null ? BlockOptions.AS_FOUND : partitions;
  }
}
