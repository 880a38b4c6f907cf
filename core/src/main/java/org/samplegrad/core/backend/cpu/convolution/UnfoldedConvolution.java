package org.samplegrad.core.backend.cpu.convolution;

import org.samplegrad.core.backend.cpu.memory.CpuTensor;
import org.samplegrad.core.backend.cpu.memory.Scratch;
import org.samplegrad.core.backend.cpu.products.Matrix;
import org.samplegrad.core.backend.cpu.products.Products;

/** By general products with the columns written out, one sample's at a time in the cache. */
final class UnfoldedConvolution implements SampleConvolution {
  private final Unfolding unfolding;
  private final int channels;
  private final int outputs;
  private final int inputs;
  private final int positions;
  private final Scratch columns;
  private final Matrix unfolded;
  private final Matrix unfoldedTransposed;

  UnfoldedConvolution(ConvolutionGroup group) {
    this.unfolding = group.unfolding();
    this.channels = group.channels();
    this.outputs = group.outputs();
    this.inputs = channels * unfolding.windowSize();
    this.positions = unfolding.positions();
    this.columns = new Scratch(group.memory(), inputs * positions);
    this.unfolded = new Matrix(columns.pointer(), inputs, positions);
    this.unfoldedTransposed = new Matrix(columns.pointer(), inputs, positions, true);
  }

  @Override
  public int weightSize() {
    return outputs * inputs;
  }

  @Override
  public void unfold(float[] images, int first) {
    unfolding.unfold(images, first, channels, columns.array(), 0);
    columns.write();
  }

  @Override
  public void product(Scratch weights, CpuTensor y, int target) {
    Matrix left = new Matrix(weights.pointer(), outputs, inputs);
    Products.multiply(left, unfolded, new Matrix(y.pointer(), outputs, positions).at(target));
  }

  @Override
  public void gradient(CpuTensor u, int first, Scratch gradient) {
    Matrix left = new Matrix(u.pointer(), outputs, positions).at(first);
    Products.multiply(left, unfoldedTransposed, new Matrix(gradient.pointer(), outputs, inputs));
    gradient.read();
  }

  @Override
  public void addAdjoint(Scratch weights, CpuTensor u, int first, float[] images, int target) {
    Matrix left = new Matrix(weights.pointer(), outputs, inputs, true);
    Products.multiply(left, new Matrix(u.pointer(), outputs, positions).at(first), unfolded);
    columns.read();
    unfolding.fold(columns.array(), 0, channels, images, target);
  }

  @Override
  public boolean writesArrays() {
    return false;
  }

  @Override
  public void close() {
    columns.close();
  }
}
