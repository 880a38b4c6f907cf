package org.samplegrad.benchmarks;

import java.util.SplittableRandom;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.samplegrad.core.moments.Cotangents;
import org.samplegrad.core.moments.Moments;
import org.samplegrad.core.parameters.ParameterVector;
import org.samplegrad.core.passes.Block;
import org.samplegrad.core.passes.MomentsPass;
import org.samplegrad.core.passes.Objective;
import org.samplegrad.core.passes.PullBackPass;

/** Each pass over one block, without Spark. */
public class PassBenchmark {
  @State(Scope.Thread)
  public static class Passes {
    @Param({"logistic", "cnn", "mlp", "2c2d", "3c3d"})
    public String model;

    /** 0 for the size that the job would choose. */
    @Param({"0"})
    public int blockSize;

    private Block block;
    private Moments moments;
    private MomentsPass momentsPass;
    private PullBackPass pullBackPass;
    private double[] totals;

    @Setup(Level.Trial)
    public void create(BackendState state) {
      Objective objective = BenchmarkModel.objective(model);
      int samples = blockSize == 0 ? BenchmarkModel.blockSize(objective) : blockSize;
      ParameterVector parameters = objective.model().initialParameters(0);
      block = BenchmarkModel.block(objective, samples);
      moments = Moments.empty(parameters.layout());
      momentsPass = new MomentsPass(objective, parameters, state.opened());
      Cotangents cotangents = new Cotangents(0, normal(parameters, 1), normal(parameters, 2));
      pullBackPass = new PullBackPass(objective, parameters, cotangents, state.opened());
      totals = new double[parameters.layout().size()];
    }

    private static ParameterVector normal(ParameterVector like, long seed) {
      SplittableRandom random = new SplittableRandom(seed);
      double[] values = new double[like.layout().size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = random.nextGaussian();
      }
      return new ParameterVector(like.layout(), values);
    }
  }

  /** Counts samples beside blocks. */
  @AuxCounters
  @State(Scope.Thread)
  public static class Counter {
    public long samples;

    @Setup(Level.Iteration)
    public void reset() {
      samples = 0;
    }
  }

  @Benchmark
  public void moments(Passes passes, Counter counter) {
    passes.momentsPass.add(passes.block, passes.moments);
    counter.samples += passes.block.samples();
  }

  @Benchmark
  public void pullBack(Passes passes, Counter counter) {
    passes.pullBackPass.add(passes.block, passes.totals);
    counter.samples += passes.block.samples();
  }
}
