package org.samplegrad.benchmarks;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.Blackhole;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.passes.Objective;
import org.samplegrad.datasets.BlockIterator;
import org.samplegrad.datasets.RowPolicy;
import org.samplegrad.datasets.SampleFormat;
import org.samplegrad.datasets.sources.Mnist;

/** The bundled images decoded into blocks, without Spark; an operation is one sample. */
public class DecodingBenchmark {
  private static final int SAMPLES = 10_000;

  @State(Scope.Thread)
  public static class Images {
    private Mnist source;
    private SampleFormat format;
    private int blockSize;

    @Setup(Level.Trial)
    public void create() {
      Objective objective = BenchmarkModel.objective("cnn");
      source = Mnist.testSet();
      format =
          new SampleFormat(objective.model().inputShape(), objective.target(), Precision.FLOAT32);
      blockSize = BenchmarkModel.blockSize(objective);
    }
  }

  @Benchmark
  @OperationsPerInvocation(SAMPLES)
  public void images(Images images, Blackhole sink) {
    BlockIterator blocks =
        new BlockIterator(
            images.source.cursor(), 0, images.format, images.blockSize, RowPolicy.FAIL);
    while (blocks.hasNext()) {
      sink.consume(blocks.next());
    }
  }
}
