package org.samplegrad.core.persample;

import static org.samplegrad.core.ops.Shapes.reshape;
import static org.samplegrad.core.ops.Shapes.sumAll;

import java.util.ArrayList;
import java.util.List;
import org.samplegrad.core.autograd.Seed;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.SampleCotangents;
import org.samplegrad.core.backend.SampleSums;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Window;
import org.samplegrad.core.ops.Convolutions;

/**
 * Gradients of a convolution's weight: summed outer products over the positions of the windows,
 * whose columns are made where they are used and never held for a whole block.
 *
 * @param outputGradient {@code [n,o,...']}
 * @param input {@code [n,c,...]}
 * @param shape the weight's, {@code [o,c/groups,k...]}
 */
public record ConvolutionGradient(
    Variable outputGradient, Variable input, Shape shape, Window window, int groups)
    implements PerSampleGradient {

  /** The same gradients with their columns written out. */
  private SummedOuterProductGradient unfolded() {
    int outputs = shape.extent(0) / groups;
    int columns = shape.dropFirst().size();
    int positions = outputGradient.shape().size() / (samples() * shape.extent(0));
    return new SummedOuterProductGradient(
        reshape(outputGradient, Shape.of(samples(), groups, outputs, positions)),
        reshape(
            Convolutions.unfold(input, window), Shape.of(samples(), groups, columns, positions)),
        shape);
  }

  @Override
  public int samples() {
    return input.shape().extent(0);
  }

  @Override
  public Variable sum() {
    return Convolutions.convolveWeightGradient(input, outputGradient, shape, window, groups);
  }

  @Override
  public Variable squaredSum() {
    return unfolded().squaredSum();
  }

  @Override
  public Variable squaredNorms() {
    return unfolded().squaredNorms();
  }

  @Override
  public Variable expand() {
    return unfolded().expand();
  }

  @Override
  public PerSampleGradient plus(PerSampleGradient other) {
    return unfolded()
        .plus(other instanceof ConvolutionGradient convolution ? convolution.unfolded() : other);
  }

  @Override
  public SampleSums sampleSums() {
    return input
        .backend()
        .convolutionSampleSums(input.value(), outputGradient.value(), shape, window, groups);
  }

  /** Without the columns of the whole block, which the norms would need. */
  @Override
  public SampleSums sampleNormSums() {
    SampleSums sums = sampleSums();
    return new SampleSums(sums.sum(), sumAll(Variable.constant(sums.squaredSum())).value());
  }

  @Override
  public List<Seed> seeds(Variable sumCotangent, Variable squaredSumCotangent) {
    Backend backend = input.backend();
    SampleCotangents cotangents =
        backend.convolutionSampleCotangents(
            input.value(),
            outputGradient.value(),
            sumCotangent.value(),
            squaredSumCotangent.value(),
            window,
            groups,
            input.isRecorded());
    List<Seed> seeds = new ArrayList<>();
    if (outputGradient.isRecorded()) {
      seeds.add(new Seed(outputGradient, Variable.constant(cotangents.outputGradient())));
    }
    if (input.isRecorded()) {
      seeds.add(new Seed(input, Variable.constant(cotangents.input())));
    }
    return seeds;
  }
}
