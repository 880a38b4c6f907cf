package org.samplegrad.core.backend.cpu;

import java.util.Arrays;
import java.util.function.Supplier;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Indices;
import org.samplegrad.core.backend.KeptResults;
import org.samplegrad.core.backend.LogProbabilities;
import org.samplegrad.core.backend.Pooled;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.SampleCotangents;
import org.samplegrad.core.backend.SampleSums;
import org.samplegrad.core.backend.Scope;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.ShapeRules;
import org.samplegrad.core.backend.Tensor;
import org.samplegrad.core.backend.Window;
import org.samplegrad.core.backend.cpu.convolution.CpuConvolutions;
import org.samplegrad.core.backend.cpu.elementwise.CpuArrangement;
import org.samplegrad.core.backend.cpu.elementwise.CpuElementwise;
import org.samplegrad.core.backend.cpu.elementwise.CpuReductions;
import org.samplegrad.core.backend.cpu.elementwise.CpuSoftmax;
import org.samplegrad.core.backend.cpu.kernels.AffineTable;
import org.samplegrad.core.backend.cpu.kernels.Loops;
import org.samplegrad.core.backend.cpu.kernels.VectorKernels;
import org.samplegrad.core.backend.cpu.memory.CpuTensor;
import org.samplegrad.core.backend.cpu.memory.Memory;
import org.samplegrad.core.backend.cpu.memory.Storage;
import org.samplegrad.core.backend.cpu.memory.Workspace;
import org.samplegrad.core.backend.cpu.pooling.CpuSelection;
import org.samplegrad.core.backend.cpu.products.CpuProducts;

/**
 * The primitives, each from the family it belongs to. Here tensors of other backends are refused,
 * and elements come in and go out.
 */
public final class CpuBackend implements Backend {
  /** Elements that the nearest cache holds twice. */
  private static final int PIECE = 1 << 11;

  private final Workspace workspace;

  private final VectorKernels kernels;

  private final CpuElementwise elementwise;
  private final CpuReductions reductions;
  private final CpuSoftmax softmax;
  private final CpuArrangement arrangement;
  private final CpuProducts products;
  private final CpuConvolutions convolutions;
  private final CpuSelection selection;

  CpuBackend(Memory memory, VectorKernels kernels) {
    this.workspace = new Workspace(this, memory);
    this.kernels = kernels;
    this.arrangement = new CpuArrangement(workspace);
    this.elementwise = new CpuElementwise(workspace, arrangement, kernels);
    this.reductions = new CpuReductions(workspace);
    this.softmax = new CpuSoftmax(workspace, elementwise);
    this.products = new CpuProducts(workspace, kernels);
    this.convolutions = new CpuConvolutions(workspace, kernels);
    this.selection = new CpuSelection(workspace, kernels);
  }

  private CpuTensor own(Tensor x) {
    if (!(x instanceof CpuTensor tensor) || tensor.backend() != this) {
      throw new IllegalArgumentException("A tensor of another backend was given to " + this);
    }
    return tensor;
  }

  @Override
  public String name() {
    return CpuBackendProvider.NAME;
  }

  @Override
  public Precision precision() {
    return Precision.FLOAT32;
  }

  @Override
  public Scope openScope() {
    return workspace.openScope();
  }

  @Override
  public <T> T evaluateWith(KeptResults kept, Supplier<T> evaluation) {
    return workspace.evaluateWith(kept, evaluation);
  }

  @Override
  public void close() {
    workspace.release();
  }

  @Override
  public String toString() {
    return name() + " " + precision();
  }

  // Creation and reading

  @Override
  public Tensor tensor(Shape shape, float[] values) {
    ShapeRules.requireSize(shape, values.length);
    CpuTensor result = workspace.inArray(shape);
    System.arraycopy(values, 0, result.array(), 0, values.length);
    return result;
  }

  @Override
  public Tensor tensor(Shape shape, double[] values) {
    ShapeRules.requireSize(shape, values.length);
    CpuTensor result = workspace.inArray(shape);
    float[] y = result.array();
    for (int i = 0; i < values.length; i++) {
      y[i] = (float) values[i];
    }
    return result;
  }

  @Override
  public Tensor tensor(Shape shape, byte[] bytes, float[] lookupTable) {
    ShapeRules.requireSize(shape, bytes.length);
    CpuTensor result = workspace.inArray(shape);
    AffineTable affine = kernels.areVectors() ? AffineTable.of(lookupTable) : null;
    if (affine != null) {
      kernels.decode(bytes, affine, result.array());
    } else {
      Loops.decode(bytes, lookupTable, result.array());
    }
    return result;
  }

  @Override
  public Tensor fill(Shape shape, double value) {
    CpuTensor result = workspace.inArray(shape);
    Arrays.fill(result.array(), 0, result.size(), (float) value);
    return result;
  }

  @Override
  public double[] toDoubles(Tensor x) {
    float[] from = own(x).array();
    double[] values = new double[x.shape().size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = from[i];
    }
    return values;
  }

  @Override
  public void addTo(Tensor x, double[] totals, int offset) {
    Storage storage = own(x).storage();
    int size = x.shape().size();
    if (storage.isInArray()) {
      Loops.addTo(storage.array(), totals, offset, size);
      return;
    }
    // Piece by piece, as there is no other use for an array of the parameters' size.
    float[] piece = workspace.memory().takeArray(PIECE);
    for (int first = 0; first < size; first += PIECE) {
      int length = Math.min(PIECE, size - first);
      storage.read(first, piece, length);
      Loops.addTo(piece, totals, offset + first, length);
    }
    workspace.memory().giveBack(piece);
  }

  // Elementwise

  @Override
  public Tensor add(Tensor a, Tensor b) {
    return elementwise.add(own(a), own(b));
  }

  @Override
  public Tensor subtract(Tensor a, Tensor b) {
    return elementwise.subtract(own(a), own(b));
  }

  @Override
  public Tensor multiply(Tensor a, Tensor b) {
    return elementwise.multiply(own(a), own(b));
  }

  @Override
  public Tensor divide(Tensor a, Tensor b) {
    return elementwise.divide(own(a), own(b));
  }

  @Override
  public Tensor scale(Tensor x, double factor) {
    return elementwise.scale(own(x), factor);
  }

  @Override
  public Tensor square(Tensor x) {
    return elementwise.square(own(x));
  }

  @Override
  public Tensor sqrt(Tensor x) {
    return elementwise.sqrt(own(x));
  }

  @Override
  public Tensor exp(Tensor x) {
    return elementwise.exp(own(x));
  }

  @Override
  public Tensor log(Tensor x) {
    return elementwise.log(own(x));
  }

  @Override
  public Tensor tanh(Tensor x) {
    return elementwise.tanh(own(x));
  }

  @Override
  public Tensor sigmoid(Tensor x) {
    return elementwise.sigmoid(own(x));
  }

  @Override
  public Tensor erf(Tensor x) {
    return elementwise.erf(own(x));
  }

  @Override
  public Tensor softplus(Tensor x) {
    return elementwise.softplus(own(x));
  }

  @Override
  public Tensor relu(Tensor x) {
    return elementwise.relu(own(x));
  }

  @Override
  public Tensor step(Tensor x) {
    return elementwise.step(own(x));
  }

  @Override
  public Tensor squaredNorms(Tensor x) {
    return elementwise.squaredNorms(own(x));
  }

  @Override
  public Tensor addScaled(Tensor base, Tensor factors, Tensor x) {
    return elementwise.addScaled(own(base), own(factors), own(x));
  }

  @Override
  public Tensor maskPositive(Tensor gradient, Tensor x) {
    return elementwise.maskPositive(own(gradient), own(x));
  }

  // Reductions

  @Override
  public Tensor sum(Tensor x, int... axes) {
    return reductions.sum(own(x), axes);
  }

  @Override
  public Tensor max(Tensor x, int axis) {
    return reductions.max(own(x), axis);
  }

  // Arrangement

  @Override
  public Tensor softmax(Tensor x, int axis) {
    return softmax.softmax(own(x), axis);
  }

  @Override
  public LogProbabilities logSoftmax(Tensor x, int axis) {
    return softmax.logSoftmax(own(x), axis);
  }

  @Override
  public Tensor logSoftmaxPushForward(Tensor probabilities, Tensor tangent, int axis) {
    return softmax.logSoftmaxPushForward(own(probabilities), own(tangent), axis);
  }

  @Override
  public Tensor logSoftmaxPullBack(Tensor probabilities, Tensor cotangent, int axis) {
    return softmax.logSoftmaxPullBack(own(probabilities), own(cotangent), axis);
  }

  @Override
  public Tensor reshape(Tensor x, Shape shape) {
    ShapeRules.requireSize(shape, x.shape().size());
    return own(x).reshaped(shape);
  }

  @Override
  public Tensor transpose(Tensor x, int... axes) {
    return arrangement.transpose(own(x), axes);
  }

  @Override
  public Tensor broadcastTo(Tensor x, Shape shape) {
    return arrangement.broadcastTo(own(x), shape);
  }

  @Override
  public Tensor slice(Tensor x, int axis, int from, int to) {
    return arrangement.slice(own(x), axis, from, to);
  }

  @Override
  public Tensor pad(Tensor x, int axis, int before, int after) {
    return arrangement.pad(own(x), axis, before, after);
  }

  // Products

  @Override
  public Tensor matmul(Tensor a, boolean transposeA, Tensor b, boolean transposeB) {
    return products.matmul(own(a), transposeA, own(b), transposeB);
  }

  @Override
  public SampleSums outerProductSums(Tensor outputGradient, Tensor x) {
    SampleSums sums = products.outerProductSums(own(outputGradient), own(x));
    return sums != null ? sums : Backend.super.outerProductSums(outputGradient, x);
  }

  @Override
  public Tensor sampleProductSum(Tensor u, Tensor a, Tensor v, Tensor b) {
    return products.sampleProductSum(own(u), own(a), own(v), own(b));
  }

  @Override
  public Tensor weightedSampleProduct(Tensor c, Tensor v, Tensor b, Tensor a) {
    return products.weightedSampleProduct(own(c), own(v), own(b), own(a));
  }

  // Convolutions

  @Override
  public Tensor convolve(Tensor x, Tensor weight, Window window, int groups) {
    return convolutions.convolve(own(x), own(weight), window, groups);
  }

  @Override
  public Tensor convolveOnSupportOf(
      Tensor outputGradient, Tensor x, Tensor weight, Window window, int groups) {
    return convolutions.convolveOnSupportOf(
        own(outputGradient), own(x), own(weight), window, groups);
  }

  @Override
  public Tensor convolveInputGradient(
      Tensor outputGradient, Tensor weight, Shape inputShape, Window window, int groups) {
    return convolutions.convolveInputGradient(
        own(outputGradient), own(weight), inputShape, window, groups);
  }

  @Override
  public Tensor convolveWeightGradient(
      Tensor x, Tensor outputGradient, Shape weightShape, Window window, int groups) {
    return convolutions.convolveWeightGradient(
        own(x), own(outputGradient), weightShape, window, groups);
  }

  @Override
  public SampleSums convolutionSampleSums(
      Tensor x, Tensor outputGradient, Shape weightShape, Window window, int groups) {
    return convolutions.convolutionSampleSums(
        own(x), own(outputGradient), weightShape, window, groups);
  }

  @Override
  public SampleCotangents convolutionSampleCotangents(
      Tensor x,
      Tensor outputGradient,
      Tensor sumCotangent,
      Tensor squaredSumCotangent,
      Window window,
      int groups,
      boolean ofInput) {
    return convolutions.convolutionSampleCotangents(
        own(x),
        own(outputGradient),
        own(sumCotangent),
        own(squaredSumCotangent),
        window,
        groups,
        ofInput);
  }

  @Override
  public Tensor unfold(Tensor x, Window window) {
    return convolutions.unfold(own(x), window);
  }

  @Override
  public Tensor fold(Tensor columns, Shape inputShape, Window window) {
    return convolutions.fold(own(columns), inputShape, window);
  }

  // Selection

  @Override
  public Indices maxPoolIndices(Tensor x, Window window) {
    return selection.maxPoolIndices(own(x), window);
  }

  @Override
  public Pooled maxPool(Tensor x, Window window) {
    Pooled pooled = selection.maxPool(own(x), window);
    return pooled != null ? pooled : Backend.super.maxPool(x, window);
  }

  @Override
  public Tensor gather(Tensor x, Indices indices) {
    return selection.gather(own(x), indices);
  }

  @Override
  public Tensor scatterAdd(Tensor x, Indices indices, Shape shape) {
    return selection.scatterAdd(own(x), indices, shape);
  }
}
