package org.samplegrad.core.backend.cpu.convolution;

import java.util.Optional;
import org.samplegrad.core.backend.SampleCotangents;
import org.samplegrad.core.backend.SampleSums;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.ShapeRules;
import org.samplegrad.core.backend.Window;
import org.samplegrad.core.backend.cpu.kernels.VectorKernels;
import org.samplegrad.core.backend.cpu.memory.CpuTensor;
import org.samplegrad.core.backend.cpu.memory.Support;
import org.samplegrad.core.backend.cpu.memory.Workspace;

/** Convolutions and what is derived from them, each in the way of {@link ConvolutionChoice}. */
public final class CpuConvolutions {
  private final Workspace workspace;
  private final VectorKernels kernels;
  private final WindowTables tables;
  private final ConvolutionChoice choice;

  public CpuConvolutions(Workspace workspace, VectorKernels kernels) {
    this.workspace = workspace;
    this.kernels = kernels;
    this.tables = new WindowTables(kernels.lanes());
    this.choice = new ConvolutionChoice(kernels, tables);
  }

  private ConvolutionGroup group(
      Shape images, Shape weights, Window window, int groups, Support support) {
    return new ConvolutionGroup(
        workspace.memory(), kernels, tables, images, weights, window, groups, support);
  }

  /**
   * A way for the convolution and all that is derived from it.
   *
   * @param support of the output gradient, or null
   */
  private GroupedConvolution grouped(
      Shape images, Shape weights, Window window, int groups, Support support) {
    ConvolutionGroup group = group(images, weights, window, groups, support);
    SampleWay way = choice.sampleWay(images, weights, window, groups, support != null);
    return new GroupedConvolution(group, way.begin(group));
  }

  private CpuTensor output(GroupedConvolution convolution, Shape shape) {
    if (convolution.support() != null) {
      return workspace.sparse(shape, convolution.support());
    }
    return convolution.writesArrays() ? workspace.inArray(shape) : workspace.inNativeMemory(shape);
  }

  public CpuTensor convolve(CpuTensor x, CpuTensor weight, Window window, int groups) {
    Shape shape = ShapeRules.convolution(x.shape(), weight.shape(), window, groups);
    Optional<DirectWay> way = choice.directWay(x.shape(), weight.shape(), window, groups);
    if (way.isEmpty()) {
      int terms = weight.shape().dropFirst().size();
      return workspace.keptOrComputed(
          shape, terms, () -> convolve(x, weight, shape, window, groups, null));
    }
    ConvolutionGroup group = group(x.shape(), weight.shape(), window, groups, null);
    DeferredConvolution deferred =
        new DeferredConvolution(group, way.get(), workspace::keptResults, x, weight, shape);
    return workspace.deferred(shape, deferred);
  }

  public CpuTensor convolveOnSupportOf(
      CpuTensor outputGradient, CpuTensor x, CpuTensor weight, Window window, int groups) {
    Shape shape = ShapeRules.convolution(x.shape(), weight.shape(), window, groups);
    ShapeRules.requireSameShape(shape, outputGradient.shape());
    Support support = outputGradient.support();
    SampleWay way = choice.sampleWay(x.shape(), weight.shape(), window, groups, support != null);
    return way == SampleWay.SUPPORT
        ? convolve(x, weight, shape, window, groups, support)
        : convolve(x, weight, window, groups);
  }

  private CpuTensor convolve(
      CpuTensor x, CpuTensor weight, Shape shape, Window window, int groups, Support support) {
    try (GroupedConvolution convolution =
        grouped(x.shape(), weight.shape(), window, groups, support)) {
      CpuTensor result = output(convolution, shape);
      convolution.forward(x, weight, result);
      return result;
    }
  }

  public CpuTensor convolveInputGradient(
      CpuTensor outputGradient, CpuTensor weight, Shape inputShape, Window window, int groups) {
    ShapeRules.requireConvolution(
        inputShape, weight.shape(), outputGradient.shape(), window, groups);
    int terms = weight.shape().size() / weight.shape().extent(1) / groups;
    return workspace.keptOrComputed(
        inputShape, terms, () -> inputGradient(outputGradient, weight, inputShape, window, groups));
  }

  private CpuTensor inputGradient(
      CpuTensor outputGradient, CpuTensor weight, Shape inputShape, Window window, int groups) {
    CpuTensor result = workspace.zeros(inputShape);
    try (GroupedConvolution convolution =
        grouped(inputShape, weight.shape(), window, groups, outputGradient.support())) {
      convolution.inputGradient(outputGradient, weight, result);
      return result;
    }
  }

  public CpuTensor convolveWeightGradient(
      CpuTensor x, CpuTensor outputGradient, Shape weightShape, Window window, int groups) {
    ShapeRules.requireConvolution(x.shape(), weightShape, outputGradient.shape(), window, groups);
    CpuTensor result = workspace.inArray(weightShape);
    try (GroupedConvolution convolution =
        grouped(x.shape(), weightShape, window, groups, outputGradient.support())) {
      convolution.weightGradient(x, outputGradient, result);
      return result;
    }
  }

  public SampleSums convolutionSampleSums(
      CpuTensor x, CpuTensor outputGradient, Shape weightShape, Window window, int groups) {
    ShapeRules.requireConvolution(x.shape(), weightShape, outputGradient.shape(), window, groups);
    CpuTensor sum = workspace.inArray(weightShape);
    CpuTensor squaredSum = workspace.inArray(weightShape);
    try (GroupedConvolution convolution =
        grouped(x.shape(), weightShape, window, groups, outputGradient.support())) {
      convolution.sampleSums(x, outputGradient, sum, squaredSum);
      return new SampleSums(sum, squaredSum);
    }
  }

  public SampleCotangents convolutionSampleCotangents(
      CpuTensor x,
      CpuTensor outputGradient,
      CpuTensor sumCotangent,
      CpuTensor squaredSumCotangent,
      Window window,
      int groups,
      boolean ofInput) {
    Shape weightShape = sumCotangent.shape();
    ShapeRules.requireConvolution(x.shape(), weightShape, outputGradient.shape(), window, groups);
    CpuTensor toInput = ofInput ? workspace.zeros(x.shape()) : null;
    try (GroupedConvolution convolution =
        grouped(x.shape(), weightShape, window, groups, outputGradient.support())) {
      CpuTensor toOutput = output(convolution, outputGradient.shape());
      convolution.sampleCotangents(
          x, outputGradient, sumCotangent, squaredSumCotangent, toOutput, toInput);
      return new SampleCotangents(toOutput, toInput);
    }
  }

  public CpuTensor unfold(CpuTensor x, Window window) {
    CpuTensor result = workspace.inArray(ShapeRules.unfolded(x.shape(), window));
    Unfolding unfolding = tables.unfolding(window, x.shape());
    int images = x.shape().extent(0) * x.shape().extent(1);
    unfolding.unfold(x.array(), 0, images, result.array(), 0);
    return result;
  }

  public CpuTensor fold(CpuTensor columns, Shape inputShape, Window window) {
    ShapeRules.requireUnfolded(columns.shape(), inputShape, window);
    CpuTensor result = workspace.zeros(inputShape);
    Unfolding unfolding = tables.unfolding(window, inputShape);
    int images = inputShape.extent(0) * inputShape.extent(1);
    unfolding.fold(columns.array(), 0, images, result.array(), 0);
    return result;
  }
}
