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
import org.samplegrad.core.backend.Window;

/** Elementwise operations, reductions and pooling on the activations of a block. */
public class ElementwiseBenchmark {
  /** Activations {@code [n, c, h, w]}. */
  @State(Scope.Thread)
  public static class Activations {
    @Param({"128x5x24x24", "32x64x28x28"})
    public String activations;

    private Backend backend;
    private Window window;
    private Tensor a;
    private Tensor b;
    private Tensor bias;

    @Setup(Level.Trial)
    public void create(BackendState state) {
      int[] extents = Extents.of(activations);
      backend = state.opened();
      window = Window.ofKernel(2, 2).withStride(2);
      a = RandomArrays.normal(backend, extents);
      b = RandomArrays.normal(backend, extents);
      bias = RandomArrays.normal(backend, 1, extents[1], 1, 1);
    }
  }

  @Benchmark
  public void multiply(Activations x, Blackhole sink) {
    Measured.in(x.backend, sink, backend -> backend.multiply(x.a, x.b));
  }

  @Benchmark
  public void addBroadcast(Activations x, Blackhole sink) {
    Measured.in(x.backend, sink, backend -> backend.add(x.a, x.bias));
  }

  @Benchmark
  public void square(Activations x, Blackhole sink) {
    Measured.in(x.backend, sink, backend -> backend.square(x.a));
  }

  @Benchmark
  public void relu(Activations x, Blackhole sink) {
    Measured.in(x.backend, sink, backend -> backend.relu(x.a));
  }

  @Benchmark
  public void step(Activations x, Blackhole sink) {
    Measured.in(x.backend, sink, backend -> backend.step(x.a));
  }

  @Benchmark
  public void exp(Activations x, Blackhole sink) {
    Measured.in(x.backend, sink, backend -> backend.exp(x.a));
  }

  @Benchmark
  public void sumOverSamplesAndPositions(Activations x, Blackhole sink) {
    Measured.in(x.backend, sink, backend -> backend.sum(x.a, 0, 2, 3));
  }

  @Benchmark
  public void maxPool(Activations x, Blackhole sink) {
    Measured.in(
        x.backend, sink, backend -> backend.gather(x.a, backend.maxPoolIndices(x.a, x.window)));
  }
}
