package org.samplegrad.benchmarks;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.passes.Objective;
import org.samplegrad.datasets.RowPolicy;
import org.samplegrad.datasets.SampleFormat;
import org.samplegrad.datasets.spark.BlockOptions;
import org.samplegrad.datasets.spark.DistributedBlocks;
import org.samplegrad.job.data.DataRequest;
import org.samplegrad.job.data.DataScheme;

/** The part of a job that comes before any computation: rows into blocks, on Spark. */
final class DecodingJob {
  private DecodingJob() {}

  /**
   * Decodes a data set and forgets it.
   *
   * @param arguments the data as {@code --data} takes them, a benchmark model, and the samples from
   *     the start that take part
   */
  static void run(String[] arguments, ObjectNode answer) {
    Objective objective = BenchmarkModel.objective(arguments[1]);
    long limit = Long.parseLong(arguments[2]);
    try (SparkSession session = SparkSession.builder().appName("Decoding").getOrCreate()) {
      SampleFormat format =
          new SampleFormat(objective.model().inputShape(), objective.target(), Precision.FLOAT32);
      BlockOptions options =
          new BlockOptions(
              BenchmarkModel.blockSize(objective), BlockOptions.AS_FOUND, limit, RowPolicy.FAIL);
      DataRequest request = new DataRequest(arguments[0], null, Map.of(), "features", "label");
      DistributedBlocks blocks =
          DataScheme.open(session, request)
              .blocks(JavaSparkContext.fromSparkContext(session.sparkContext()), format, options);
      long start = System.nanoTime();
      long samples =
          blocks
              .deliveries()
              .mapToDouble(delivery -> delivery.block() == null ? 0 : delivery.block().samples())
              .sum()
              .longValue();
      answer.put("decoding_seconds", (System.nanoTime() - start) * 1e-9);
      answer.put("samples", samples);
    }
  }
}
