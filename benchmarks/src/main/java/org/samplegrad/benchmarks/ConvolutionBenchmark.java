package org.samplegrad.benchmarks;

import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.Blackhole;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Tensor;
import org.samplegrad.core.backend.Window;

/** Convolution, its two adjoints and the sum of squared per-sample gradients. */
public class ConvolutionBenchmark {
  /** The convolutions of the models, with as many samples as fit a block. */
  public enum Layer {
    CNN(128, 1, 28, 5, () -> Window.ofKernel(5, 5)),
    FIRST_OF_2C2D(32, 1, 28, 32, () -> Window.ofKernel(5, 5).withPadding(2)),
    SECOND_OF_2C2D(32, 32, 14, 64, () -> Window.ofKernel(5, 5).withPadding(2)),
    FIRST_OF_3C3D(32, 3, 32, 64, () -> Window.ofKernel(5, 5)),
    SECOND_OF_3C3D(32, 64, 14, 96, () -> Window.ofKernel(3, 3)),
    THIRD_OF_3C3D(32, 96, 6, 128, () -> Window.ofKernel(3, 3).withPadding(1));

    private final int samples;
    private final int channels;
    private final int side;
    private final int outputs;
    private final Supplier<Window> window;

    Layer(int samples, int channels, int side, int outputs, Supplier<Window> window) {
      this.samples = samples;
      this.channels = channels;
      this.side = side;
      this.outputs = outputs;
      this.window = window;
    }
  }

  @State(Scope.Thread)
  public static class Operands {
    @Param public Layer layer;

    private Backend backend;
    private Window window;
    private Shape inputShape;
    private Shape weightShape;
    private Tensor input;
    private Tensor weight;
    private Tensor outputGradient;

    /** {@code [n, 1, o, p]} and {@code [n, 1, i, p]}, as the per-sample products take them. */
    private Tensor groupedGradient;

    private Tensor groupedColumns;

    @Setup(Level.Trial)
    public void create(BackendState state) {
      backend = state.opened();
      window = layer.window.get();
      int positions = (int) Math.pow(window.outputExtent(0, layer.side), 2);
      int extent = window.outputExtent(0, layer.side);
      int columns = layer.channels * window.kernelSize();
      inputShape = Shape.of(layer.samples, layer.channels, layer.side, layer.side);
      weightShape = Shape.of(layer.outputs, layer.channels, window.kernel(0), window.kernel(1));
      input = RandomArrays.normal(backend, inputShape.extents());
      weight = RandomArrays.normal(backend, weightShape.extents());
      outputGradient = RandomArrays.normal(backend, layer.samples, layer.outputs, extent, extent);
      groupedGradient = RandomArrays.normal(backend, layer.samples, 1, layer.outputs, positions);
      groupedColumns = RandomArrays.normal(backend, layer.samples, 1, columns, positions);
    }
  }

  @Benchmark
  public void convolve(Operands x, Blackhole sink) {
    Measured.in(x.backend, sink, b -> b.convolve(x.input, x.weight, x.window, 1));
  }

  @Benchmark
  public void inputGradient(Operands x, Blackhole sink) {
    Measured.in(
        x.backend,
        sink,
        b -> b.convolveInputGradient(x.outputGradient, x.weight, x.inputShape, x.window, 1));
  }

  @Benchmark
  public void weightGradient(Operands x, Blackhole sink) {
    Measured.in(
        x.backend,
        sink,
        b -> b.convolveWeightGradient(x.input, x.outputGradient, x.weightShape, x.window, 1));
  }

  @Benchmark
  public void squaredGradientSum(Operands x, Blackhole sink) {
    Measured.in(
        x.backend,
        sink,
        b ->
            b.sampleProductSum(
                x.groupedGradient, x.groupedColumns, x.groupedGradient, x.groupedColumns));
  }
}
