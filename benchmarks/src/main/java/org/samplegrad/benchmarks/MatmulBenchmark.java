package org.samplegrad.benchmarks;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.Blackhole;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Tensor;

/** The three products of a linear layer, at the shapes of the models. */
public class MatmulBenchmark {
  /** A layer with the samples that reach it: {@code n x i -> o}. */
  @State(Scope.Thread)
  public static class Layer {
    @Param({"256x784x10", "256x720x10", "256x784x512", "256x512x256", "64x3136x1024"})
    public String layer;

    private Backend backend;
    private Tensor input;
    private Tensor weight;
    private Tensor outputGradient;

    @Setup(Level.Trial)
    public void create(BackendState state) {
      int[] extents = Extents.of(layer);
      int n = extents[0];
      int i = extents[1];
      int o = extents[2];
      backend = state.opened();
      input = RandomArrays.normal(backend, n, i);
      weight = RandomArrays.normal(backend, o, i);
      outputGradient = RandomArrays.normal(backend, n, o);
    }
  }

  @Benchmark
  public void forward(Layer layer, Blackhole sink) {
    Measured.in(layer.backend, sink, b -> b.matmul(layer.input, false, layer.weight, true));
  }

  @Benchmark
  public void inputGradient(Layer layer, Blackhole sink) {
    Measured.in(
        layer.backend, sink, b -> b.matmul(layer.outputGradient, false, layer.weight, false));
  }

  @Benchmark
  public void weightGradient(Layer layer, Blackhole sink) {
    Measured.in(layer.backend, sink, b -> b.matmul(layer.outputGradient, true, layer.input, false));
  }
}
