package org.samplegrad.core.backend.cpu;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Indices;
import org.samplegrad.core.backend.KeptResults;
import org.samplegrad.core.backend.Pooled;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.SampleCotangents;
import org.samplegrad.core.backend.SampleSums;
import org.samplegrad.core.backend.Scope;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.ShapeRules;
import org.samplegrad.core.backend.Tensor;
import org.samplegrad.core.backend.Window;

/** The primitives by the loops of {@link Loops} and the products of {@link Products}. */
final class CpuBackend implements Backend {
  /** Shorter rows are not worth a loop of their own. */
  private static final int LEAST_ROW = 32;

  /** Elements that the nearest cache holds twice. */
  private static final int PIECE = 1 << 11;

  private final Memory memory;

  /** The elements to free, innermost scope first; the last list is the backend's own. */
  private final Deque<List<Storage>> scopes = new ArrayDeque<>(List.of(new ArrayList<>()));

  private final Map<List<Object>, Pooling> poolings = new HashMap<>();

  /** Null if this program was started without vectors. */
  private final VectorKernels kernels;

  private final TiledProduct tiledProduct;
  private final ConvolutionChoice convolutions;
  private final Supports supports = new Supports();

  /** Of the evaluation that is going on; where there is none, it knows and keeps nothing. */
  private KeptResults.Sequence keptResults = KeptResults.none().open();

  private boolean closed;

  CpuBackend(Memory memory, Optional<VectorKernels> kernels) {
    this.memory = memory;
    this.kernels = kernels.orElse(null);
    this.tiledProduct = kernels.map(own -> new TiledProduct(own, memory)).orElse(null);
    this.convolutions = new ConvolutionChoice(memory, kernels);
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
    List<Storage> owned = new ArrayList<>();
    scopes.push(owned);
    return () -> {
      if (scopes.peek() != owned) {
        throw new IllegalStateException("Scopes must close in the reverse order of their opening");
      }
      scopes.pop();
      owned.forEach(Storage::free);
      supports.forget();
    };
  }

  @Override
  public <T> T recalling(KeptResults kept, Supplier<T> evaluation) {
    KeptResults.Sequence none = keptResults;
    keptResults = kept.open();
    try {
      return evaluation.get();
    } finally {
      keptResults.close();
      keptResults = none;
    }
  }

  /**
   * A product from memory, or one to keep if it is worth it.
   *
   * @param terms of the sum that each of its elements is
   */
  private CpuTensor recalled(Shape shape, int terms, Supplier<CpuTensor> product) {
    if (!KeptResults.suits(terms)) {
      return product.get();
    }
    KeptResults.Kept known = keptResults.next(shape.size());
    if (known != null) {
      CpuTensor result = inArray(shape);
      System.arraycopy(known.elements(), 0, result.array(), 0, shape.size());
      return result;
    }
    CpuTensor result = product.get();
    if (keptResults.isKeeping()) {
      keptResults.keep(result.array(), shape.size());
    }
    return result;
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    for (List<Storage> owned : scopes) {
      owned.forEach(Storage::free);
      owned.clear();
    }
    memory.release();
  }

  // Creation and reading

  @Override
  public Tensor tensor(Shape shape, float[] values) {
    ShapeRules.requireSize(shape, values.length);
    CpuTensor result = inArray(shape);
    System.arraycopy(values, 0, result.array(), 0, values.length);
    return result;
  }

  @Override
  public Tensor tensor(Shape shape, double[] values) {
    ShapeRules.requireSize(shape, values.length);
    CpuTensor result = inArray(shape);
    float[] y = result.array();
    for (int i = 0; i < values.length; i++) {
      y[i] = (float) values[i];
    }
    return result;
  }

  @Override
  public Tensor tensor(Shape shape, byte[] codes, float[] meanings) {
    ShapeRules.requireSize(shape, codes.length);
    CpuTensor result = inArray(shape);
    AffineCodes affine = kernels == null ? null : AffineCodes.of(meanings);
    if (affine != null) {
      kernels.decode(codes, affine, result.array());
    } else {
      Loops.decode(codes, meanings, result.array());
    }
    return result;
  }

  @Override
  public Tensor fill(Shape shape, double value) {
    CpuTensor result = inArray(shape);
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
    float[] piece = memory.takeArray(PIECE);
    for (int first = 0; first < size; first += PIECE) {
      int length = Math.min(PIECE, size - first);
      storage.read(first, piece, length);
      Loops.addTo(piece, totals, offset + first, length);
    }
    memory.giveBack(piece);
  }

  // Elementwise

  @Override
  public Tensor add(Tensor a, Tensor b) {
    if (a.shape().equals(b.shape())) {
      CpuTensor sum = sumInKind(own(a), own(b));
      if (sum != null) {
        return sum;
      }
    }
    return a.shape().size() < b.shape().size()
        ? binary(Loops::add, Loops::add, b, a)
        : binary(Loops::add, Loops::add, a, b);
  }

  /** The sum of products as such, or of sparse elements as such; null if they are not alike. */
  private CpuTensor sumInKind(CpuTensor a, CpuTensor b) {
    LateProduct product = a.storage().product();
    LateProduct other = b.storage().product();
    if (product != null && other != null && product.isLike(other)) {
      return made(a.shape(), Storage.late(memory, a.size(), product.plus(other)));
    }
    SparseElements left = a.sparse();
    SparseElements right = b.sparse();
    if (left != null && right != null && left.support() == right.support()) {
      CpuTensor result = sparse(a.shape(), left.support());
      int end = left.support().end();
      Loops.add(left.values(), right.values(), result.sparse().values(), 0, end);
      return result;
    }
    return null;
  }

  @Override
  public Tensor subtract(Tensor a, Tensor b) {
    return binary(Loops::subtract, a, b);
  }

  @Override
  public Tensor multiply(Tensor a, Tensor b) {
    return a.shape().size() < b.shape().size()
        ? binary(Loops::multiply, Loops::scale, b, a)
        : binary(Loops::multiply, Loops::scale, a, b);
  }

  @Override
  public Tensor divide(Tensor a, Tensor b) {
    return binary(Loops::divide, a, b);
  }

  private CpuTensor binary(Loops.Binary loop, Tensor a, Tensor b) {
    CpuTensor left = own(a);
    CpuTensor right = own(b);
    Shape shape = Shape.broadcast(a.shape(), b.shape());
    CpuTensor result = inArray(shape);
    loop.apply(
        expanded(left, shape).array(),
        expanded(right, shape).array(),
        result.array(),
        0,
        result.size());
    return result;
  }

  /** With a number for each row of {@code a} where {@code b} allows, without writing it out. */
  private Tensor binary(Loops.Binary loop, Loops.ByNumber loopByNumber, Tensor a, Tensor b) {
    int row = Expansion.rowLength(a.shape(), b.shape());
    if (row < LEAST_ROW) {
      return binary(loop, a, b);
    }
    float[] x = own(a).array();
    float[] numbers = own(b).array();
    CpuTensor result = inArray(a.shape());
    float[] y = result.array();
    int count = b.shape().size();
    for (int first = 0, number = 0; first < result.size(); first += row) {
      loopByNumber.apply(x, numbers[number], y, first, first + row);
      number = number + 1 == count ? 0 : number + 1;
    }
    return result;
  }

  /** The loops take elements at equal indices only, so an array that broadcasts is written out. */
  private CpuTensor expanded(CpuTensor x, Shape shape) {
    if (x.shape().equals(shape)) {
      return x;
    }
    CpuTensor result = inArray(shape);
    new Expansion(x.shape(), shape).copy(x.array(), result.array());
    return result;
  }

  @Override
  public Tensor scale(Tensor x, double factor) {
    CpuTensor result = inArray(x.shape());
    Loops.scale(own(x).array(), (float) factor, result.array(), 0, result.size());
    return result;
  }

  @Override
  public Tensor square(Tensor x) {
    return unary(Loops::square, x);
  }

  @Override
  public Tensor sqrt(Tensor x) {
    return unary(Loops::sqrt, x);
  }

  @Override
  public Tensor exp(Tensor x) {
    if (kernels == null) {
      return unary(Loops::exp, x);
    }
    CpuTensor result = inArray(x.shape());
    kernels.exp(own(x).array(), result.array(), result.size());
    return result;
  }

  @Override
  public Tensor log(Tensor x) {
    return unary(Loops::log, x);
  }

  @Override
  public Tensor tanh(Tensor x) {
    return unary(Loops::tanh, x);
  }

  @Override
  public Tensor sigmoid(Tensor x) {
    return unary(Loops::sigmoid, x);
  }

  @Override
  public Tensor erf(Tensor x) {
    return unary(Loops::erf, x);
  }

  @Override
  public Tensor softplus(Tensor x) {
    return unary(Loops::softplus, x);
  }

  @Override
  public Tensor relu(Tensor x) {
    return unary(Loops::relu, x);
  }

  @Override
  public Tensor step(Tensor x) {
    return unary(Loops::step, x);
  }

  @Override
  public Tensor squaredNorms(Tensor x) {
    int samples = ShapeRules.samples(x.shape());
    CpuTensor result = inArray(Shape.of(samples));
    int size = x.shape().dropFirst().size();
    float[] norms = result.array();
    if (kernels != null) {
      float[] values = own(x).array();
      for (int n = 0; n < samples; n++) {
        norms[n] = kernels.sumOfSquares(values, n * size, (n + 1) * size);
      }
      return result;
    }
    Matrix rows = new Matrix(own(x).pointer(), samples, size);
    for (int n = 0; n < samples; n++) {
      norms[n] = Products.squaredNorm(rows, n);
    }
    return result;
  }

  @Override
  public Tensor addScaled(Tensor base, Tensor factors, Tensor x) {
    ShapeRules.requireSameShape(base.shape(), x.shape());
    ShapeRules.requireSameShape(Shape.of(ShapeRules.samples(x.shape())), factors.shape());
    CpuTensor result = inArray(x.shape());
    int size = x.shape().dropFirst().size();
    float[] a = own(base).array();
    float[] b = own(x).array();
    float[] numbers = own(factors).array();
    for (int n = 0; n < factors.shape().size(); n++) {
      Loops.addScaled(a, numbers[n], b, result.array(), n * size, (n + 1) * size);
    }
    return result;
  }

  @Override
  public Tensor maskPositive(Tensor gradient, Tensor x) {
    ShapeRules.requireSameShape(gradient.shape(), x.shape());
    Support support = own(gradient).support();
    if (support == null) {
      CpuTensor result = binary(Loops::maskPositive, gradient, x);
      supports.masked(result, own(x));
      return result;
    }
    CpuTensor result = sparse(x.shape(), supports.wherePositive(support, own(x)));
    result.sparse().read(own(gradient).array());
    return result;
  }

  private Tensor unary(Loops.Unary loop, Tensor x) {
    CpuTensor result = inArray(x.shape());
    loop.apply(own(x).array(), result.array(), 0, result.size());
    return result;
  }

  // Reductions and shapes

  @Override
  public Tensor sum(Tensor x, int... axes) {
    Shape shape = ShapeRules.reduced(x.shape(), axes);
    boolean[] reduced = new boolean[x.shape().rank()];
    for (int axis : axes) {
      reduced[axis] = true;
    }
    SparseElements sparse = own(x).sparse();
    if (sparse != null && Arrays.equals(axes, spatialAxes(x.shape()))) {
      return sumOfImages(sparse, shape);
    }
    int[] extents = x.shape().extents();
    CpuTensor partial = own(x);
    for (int axis = extents.length - 1; axis >= 0; axis--) {
      if (!reduced[axis]) {
        continue;
      }
      int last = axis;
      int terms = extents[axis];
      while (axis > 0 && reduced[axis - 1]) {
        axis--;
        terms *= extents[axis];
      }
      int inner = size(extents, last + 1, extents.length);
      int outer = size(extents, 0, axis);
      Arrays.fill(extents, axis, last + 1, 1);
      partial = sumOfMiddle(partial, outer, terms, inner, Shape.of(extents));
    }
    return partial == x ? reshape(x, shape) : partial;
  }

  private static int[] spatialAxes(Shape images) {
    return IntStream.range(2, images.rank()).toArray();
  }

  /** {@code [n,c,...] -> [n,c]} where the images have a support. */
  private CpuTensor sumOfImages(SparseElements x, Shape shape) {
    CpuTensor result = inArray(shape);
    for (int image = 0; image < shape.size(); image++) {
      result.array()[image] = (float) x.sum(image);
    }
    return result;
  }

  private static int size(int[] extents, int from, int to) {
    int size = 1;
    for (int axis = from; axis < to; axis++) {
      size *= extents[axis];
    }
    return size;
  }

  /** {@code [outer, terms, inner] -> [outer, inner]}, each sum in float64. */
  private CpuTensor sumOfMiddle(CpuTensor x, int outer, int terms, int inner, Shape shape) {
    CpuTensor result = inArray(shape);
    float[] from = x.array();
    float[] to = result.array();
    if (inner == 1) {
      for (int o = 0; o < outer; o++) {
        to[o] = (float) Loops.sum(from, o * terms, (o + 1) * terms);
      }
      return result;
    }
    double[] sums = new double[inner];
    for (int o = 0; o < outer; o++) {
      Arrays.fill(sums, 0);
      for (int t = 0; t < terms; t++) {
        int first = (o * terms + t) * inner;
        for (int i = 0; i < inner; i++) {
          sums[i] += from[first + i];
        }
      }
      for (int i = 0; i < inner; i++) {
        to[o * inner + i] = (float) sums[i];
      }
    }
    return result;
  }

  @Override
  public Tensor max(Tensor x, int axis) {
    CpuTensor result = inArray(ShapeRules.reduced(x.shape(), axis));
    int[] extents = x.shape().extents();
    int outer = size(extents, 0, axis);
    int inner = size(extents, axis + 1, extents.length);
    float[] from = own(x).array();
    float[] to = result.array();
    for (int o = 0; o < outer; o++) {
      for (int i = 0; i < inner; i++) {
        int first = o * extents[axis] * inner + i;
        to[o * inner + i] = Loops.max(from, first, first + extents[axis] * inner, inner);
      }
    }
    return result;
  }

  @Override
  public Tensor reshape(Tensor x, Shape shape) {
    ShapeRules.requireSize(shape, x.shape().size());
    return new CpuTensor(shape, own(x).storage(), this);
  }

  @Override
  public Tensor transpose(Tensor x, int... axes) {
    CpuTensor result = inArray(ShapeRules.transposed(x.shape(), axes));
    int rank = axes.length;
    int[] strides = new int[rank];
    for (int axis = 0; axis < rank; axis++) {
      strides[axis] = size(x.shape().extents(), axes[axis] + 1, rank);
    }
    transpose(own(x).array(), 0, result.array(), 0, result.shape(), strides, 0);
    return result;
  }

  /** Copies the elements from an axis of the result on; returns where the next ones go. */
  private static int transpose(
      float[] from, int first, float[] to, int target, Shape shape, int[] strides, int axis) {
    if (axis == strides.length) {
      to[target] = from[first];
      return target + 1;
    }
    int extent = shape.extent(axis);
    int stride = strides[axis];
    if (axis == strides.length - 1) {
      if (stride == 1) {
        System.arraycopy(from, first, to, target, extent);
      } else {
        for (int i = 0; i < extent; i++) {
          to[target + i] = from[first + i * stride];
        }
      }
      return target + extent;
    }
    int next = target;
    for (int i = 0; i < extent; i++) {
      next = transpose(from, first + i * stride, to, next, shape, strides, axis + 1);
    }
    return next;
  }

  @Override
  public Tensor broadcastTo(Tensor x, Shape shape) {
    ShapeRules.requireBroadcast(x.shape(), shape);
    return expanded(own(x), shape);
  }

  @Override
  public Tensor slice(Tensor x, int axis, int from, int to) {
    CpuTensor result = inArray(ShapeRules.sliced(x.shape(), axis, from, to));
    int[] extents = x.shape().extents();
    int inner = size(extents, axis + 1, extents.length);
    int length = (to - from) * inner;
    float[] source = own(x).array();
    for (int o = 0; o < size(extents, 0, axis); o++) {
      System.arraycopy(
          source, (o * extents[axis] + from) * inner, result.array(), o * length, length);
    }
    return result;
  }

  @Override
  public Tensor pad(Tensor x, int axis, int before, int after) {
    CpuTensor result = inArray(ShapeRules.padded(x.shape(), axis, before, after));
    Arrays.fill(result.array(), 0, result.size(), 0f);
    int[] extents = x.shape().extents();
    int inner = size(extents, axis + 1, extents.length);
    int length = extents[axis] * inner;
    int padded = result.shape().extent(axis) * inner;
    float[] source = own(x).array();
    for (int o = 0; o < size(extents, 0, axis); o++) {
      System.arraycopy(source, o * length, result.array(), o * padded + before * inner, length);
    }
    return result;
  }

  // Products

  @Override
  public Tensor matmul(Tensor a, boolean transposeA, Tensor b, boolean transposeB) {
    Shape shape = ShapeRules.matmul(a.shape(), transposeA, b.shape(), transposeB);
    if (shape.size() == 0 || a.shape().size() == 0) {
      return fill(shape, 0);
    }
    int depth = a.shape().extent(transposeA ? -2 : -1);
    return recalled(shape, depth, () -> product(a, transposeA, b, transposeB, shape, depth));
  }

  @Override
  public SampleSums outerProductSums(Tensor outputGradient, Tensor x) {
    Shape shape = ShapeRules.matmul(outputGradient.shape(), true, x.shape(), false);
    if (kernels == null
        || shape.rank() != 2
        || !tiledProduct.suitsSums(shape.extent(0), shape.extent(1))) {
      return Backend.super.outerProductSums(outputGradient, x);
    }
    CpuTensor sum = inArray(shape);
    CpuTensor squaredSum = inArray(shape);
    tiledProduct.outerProductSums(
        own(outputGradient).array(),
        own(x).array(),
        sum.array(),
        squaredSum.array(),
        x.shape().extent(0),
        shape.extent(0),
        shape.extent(1));
    return new SampleSums(sum, squaredSum);
  }

  private CpuTensor product(
      Tensor a, boolean transposeA, Tensor b, boolean transposeB, Shape shape, int depth) {
    if (kernels != null
        && shape.rank() == 2
        && TiledProduct.suits(shape.extent(0), depth, shape.extent(1))) {
      CpuTensor product = inArray(shape);
      tiledProduct.multiply(
          own(a).array(),
          transposeA,
          own(b).array(),
          transposeB,
          product.array(),
          shape.extent(0),
          depth,
          shape.extent(1));
      return product;
    }
    boolean ofRows = shape.rank() == 2 && transposeA && !transposeB;
    if (ofRows && OuterProductSum.suits(shape.extent(0), shape.extent(1))) {
      CpuTensor sum = inArray(shape);
      OuterProductSum.compute(
          memory,
          own(a).array(),
          own(b).array(),
          sum.array(),
          a.shape().extent(0),
          shape.extent(0),
          shape.extent(1));
      return sum;
    }
    if (ofRows) {
      LateProduct late = new LateProduct(own(a), true, own(b), false);
      return made(shape, Storage.late(memory, shape.size(), late));
    }
    Matrix left = own(a).matrix(transposeA);
    Matrix right = own(b).matrix(transposeB);
    CpuTensor result = inNativeMemory(shape);
    Matrix product = result.matrix(false);
    int batches = shape.rank() == 2 ? 1 : shape.extent(0);
    for (int n = 0; n < batches; n++) {
      Products.multiply(
          left.at(n * left.size()), right.at(n * right.size()), product.at(n * product.size()));
    }
    return result;
  }

  @Override
  public Tensor sampleProductSum(Tensor u, Tensor a, Tensor v, Tensor b) {
    Shape shape = ShapeRules.sampleProductSum(u.shape(), a.shape(), v.shape(), b.shape());
    CpuTensor result = zeros(shape);
    int products = shape.extent(1) * shape.extent(2);
    boolean same = u == v && a == b;
    Matrix left = own(u).matrix(false);
    Matrix right = own(a).matrix(true);
    Matrix otherLeft = own(v).matrix(false);
    Matrix otherRight = own(b).matrix(true);
    scoped(
        () -> {
          CpuTensor product = inNativeMemory(Shape.of(shape.extent(1), shape.extent(2)));
          CpuTensor other = inNativeMemory(product.shape());
          float[] first = memory.takeArray(products);
          float[] second = memory.takeArray(products);
          float[] sum = memory.takeArray(products);
          for (int g = 0; g < shape.extent(0); g++) {
            Arrays.fill(sum, 0, products, 0f);
            for (int n = 0; n < u.shape().extent(0); n++) {
              long index = (long) n * shape.extent(0) + g;
              Products.multiply(
                  left.at(index * left.size()),
                  right.at(index * right.size()),
                  product.matrix(false));
              product.pointer().get(first, 0, products);
              if (!same) {
                Products.multiply(
                    otherLeft.at(index * otherLeft.size()),
                    otherRight.at(index * otherRight.size()),
                    other.matrix(false));
                other.pointer().get(second, 0, products);
              }
              Loops.accumulateProduct(first, same ? first : second, sum, 0, products);
            }
            System.arraycopy(sum, 0, result.array(), g * products, products);
          }
          memory.giveBack(first);
          memory.giveBack(second);
          memory.giveBack(sum);
          return null;
        });
    return result;
  }

  @Override
  public Tensor weightedSampleProduct(Tensor c, Tensor v, Tensor b, Tensor a) {
    Shape shape = ShapeRules.weightedSampleProduct(c.shape(), v.shape(), b.shape(), a.shape());
    CpuTensor result = inNativeMemory(shape);
    int products = c.shape().extent(1) * c.shape().extent(2);
    float[] weights = own(c).array();
    Matrix left = own(v).matrix(false);
    Matrix right = own(b).matrix(true);
    Matrix inputs = own(a).matrix(false);
    Matrix target = result.matrix(false);
    scoped(
        () -> {
          CpuTensor product = inNativeMemory(Shape.of(c.shape().extent(1), c.shape().extent(2)));
          float[] weighted = memory.takeArray(products);
          float[] weight = memory.takeArray(products);
          for (int g = 0; g < c.shape().extent(0); g++) {
            System.arraycopy(weights, g * products, weight, 0, products);
            for (int n = 0; n < shape.extent(0); n++) {
              long index = (long) n * shape.extent(1) + g;
              Products.multiply(
                  left.at(index * left.size()),
                  right.at(index * right.size()),
                  product.matrix(false));
              product.pointer().get(weighted, 0, products);
              Loops.multiply(weighted, weight, weighted, 0, products);
              product.pointer().put(weighted, 0, products);
              Products.multiply(
                  product.matrix(false),
                  inputs.at(index * inputs.size()),
                  target.at(index * target.size()));
            }
          }
          memory.giveBack(weighted);
          memory.giveBack(weight);
          return null;
        });
    return result;
  }

  // Convolution

  private CpuTensor output(GroupedConvolution convolution, Shape shape) {
    if (convolution.support() != null) {
      return sparse(shape, convolution.support());
    }
    return convolution.writesArrays() ? inArray(shape) : inNativeMemory(shape);
  }

  @Override
  public Tensor convolve(Tensor x, Tensor weight, Window window, int groups) {
    Shape shape = ShapeRules.convolution(x.shape(), weight.shape(), window, groups);
    Supplier<DirectConvolution> direct =
        convolutions.direct(x.shape(), weight.shape(), window, groups);
    if (direct == null) {
      int terms = weight.shape().dropFirst().size();
      return recalled(shape, terms, () -> convolve(x, weight, shape, window, groups, null));
    }
    LateConvolution late =
        new LateConvolution(memory, () -> keptResults, direct, own(x), own(weight), groups, shape);
    return made(shape, Storage.late(memory, shape.size(), late));
  }

  @Override
  public Tensor convolveFor(
      Tensor outputGradient, Tensor x, Tensor weight, Window window, int groups) {
    Shape shape = ShapeRules.convolution(x.shape(), weight.shape(), window, groups);
    ShapeRules.requireSameShape(shape, outputGradient.shape());
    Support support = own(outputGradient).support();
    return convolutions.heeds(support, x.shape(), weight.shape(), window)
        ? convolve(x, weight, shape, window, groups, support)
        : convolve(x, weight, window, groups);
  }

  private CpuTensor convolve(
      Tensor x, Tensor weight, Shape shape, Window window, int groups, Support support) {
    try (GroupedConvolution convolution =
        convolutions.grouped(x.shape(), weight.shape(), window, groups, support)) {
      CpuTensor result = output(convolution, shape);
      convolution.forward(own(x), own(weight), result);
      return result;
    }
  }

  @Override
  public Tensor convolveInputGradient(
      Tensor outputGradient, Tensor weight, Shape inputShape, Window window, int groups) {
    ShapeRules.requireConvolution(
        inputShape, weight.shape(), outputGradient.shape(), window, groups);
    int terms = weight.shape().size() / weight.shape().extent(1) / groups;
    return recalled(
        inputShape,
        terms,
        () -> inputGradient(own(outputGradient), own(weight), inputShape, window, groups));
  }

  private CpuTensor inputGradient(
      CpuTensor outputGradient, CpuTensor weight, Shape inputShape, Window window, int groups) {
    CpuTensor result = zeros(inputShape);
    try (GroupedConvolution convolution =
        convolutions.grouped(
            inputShape, weight.shape(), window, groups, own(outputGradient).support())) {
      convolution.inputGradient(own(outputGradient), own(weight), result);
      return result;
    }
  }

  @Override
  public Tensor convolveWeightGradient(
      Tensor x, Tensor outputGradient, Shape weightShape, Window window, int groups) {
    ShapeRules.requireConvolution(x.shape(), weightShape, outputGradient.shape(), window, groups);
    CpuTensor result = inArray(weightShape);
    try (GroupedConvolution convolution =
        convolutions.grouped(
            x.shape(), weightShape, window, groups, own(outputGradient).support())) {
      convolution.weightGradient(own(x), own(outputGradient), result);
      return result;
    }
  }

  @Override
  public SampleSums convolutionSampleSums(
      Tensor x, Tensor outputGradient, Shape weightShape, Window window, int groups) {
    ShapeRules.requireConvolution(x.shape(), weightShape, outputGradient.shape(), window, groups);
    CpuTensor sum = inArray(weightShape);
    CpuTensor squaredSum = inArray(weightShape);
    try (GroupedConvolution convolution =
        convolutions.grouped(
            x.shape(), weightShape, window, groups, own(outputGradient).support())) {
      convolution.sampleSums(own(x), own(outputGradient), sum, squaredSum);
      return new SampleSums(sum, squaredSum);
    }
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
    Shape weightShape = sumCotangent.shape();
    ShapeRules.requireConvolution(x.shape(), weightShape, outputGradient.shape(), window, groups);
    CpuTensor toInput = ofInput ? zeros(x.shape()) : null;
    try (GroupedConvolution convolution =
        convolutions.grouped(
            x.shape(), weightShape, window, groups, own(outputGradient).support())) {
      CpuTensor toOutput = output(convolution, outputGradient.shape());
      convolution.sampleCotangents(
          own(x),
          own(outputGradient),
          own(sumCotangent),
          own(squaredSumCotangent),
          toOutput,
          toInput);
      return new SampleCotangents(toOutput, toInput);
    }
  }

  @Override
  public Tensor unfold(Tensor x, Window window) {
    CpuTensor result = inArray(ShapeRules.unfolded(x.shape(), window));
    Unfolding unfolding = convolutions.unfolding(window, x.shape());
    int images = x.shape().extent(0) * x.shape().extent(1);
    unfolding.unfold(own(x).array(), 0, images, result.array(), 0);
    return result;
  }

  @Override
  public Tensor fold(Tensor columns, Shape inputShape, Window window) {
    ShapeRules.requireUnfolded(columns.shape(), inputShape, window);
    CpuTensor result = zeros(inputShape);
    Unfolding unfolding = convolutions.unfolding(window, inputShape);
    int images = inputShape.extent(0) * inputShape.extent(1);
    unfolding.fold(own(columns).array(), 0, images, result.array(), 0);
    return result;
  }

  // Selection

  @Override
  public Indices maxPoolIndices(Tensor x, Window window) {
    Shape pooled = ShapeRules.pooled(x.shape(), window);
    int[] extents = ShapeRules.spatialExtents(x.shape());
    int[] positions = new int[pooled.size()];
    pooling(extents, window).findMaxima(own(x).array(), x.shape().size(), positions);
    return Indices.owning(pooled, positions, x.shape().size());
  }

  @Override
  public Pooled maxPool(Tensor x, Window window) {
    LateConvolution late = own(x).storage().late();
    if (late == null) {
      return Backend.super.maxPool(x, window);
    }
    CpuTensor values = inArray(ShapeRules.pooled(x.shape(), window));
    int[] positions = new int[values.size()];
    Pooling pooling = pooling(ShapeRules.spatialExtents(x.shape()), window);
    late.pool(pooling, values.array(), positions);
    return new Pooled(values, Indices.owning(values.shape(), positions, x.shape().size()));
  }

  private Pooling pooling(int[] extents, Window window) {
    return poolings.computeIfAbsent(
        List.of(window, Shape.of(extents)),
        key -> new Pooling(kernels, window, Shape.of(extents).size(), extents));
  }

  @Override
  public Tensor gather(Tensor x, Indices indices) {
    ShapeRules.requireGather(x.shape(), indices);
    CpuTensor result = inArray(indices.shape());
    SparseElements sparse = own(x).sparse();
    if (sparse != null && sparse.support().isOf(indices)) {
      sparse.support().gather(sparse.values(), result.array());
      return result;
    }
    float[] from = own(x).array();
    float[] to = result.array();
    for (int i = 0; i < indices.size(); i++) {
      to[i] = from[indices.position(i)];
    }
    return result;
  }

  @Override
  public Tensor scatterAdd(Tensor x, Indices indices, Shape shape) {
    ShapeRules.requireScatter(x.shape(), indices, shape);
    Support support = kernels == null ? null : supports.of(own(x), indices, shape);
    if (support != null) {
      CpuTensor result = sparse(shape, support);
      support.scatterAdd(own(x).array(), result.sparse().values());
      return result;
    }
    CpuTensor result = zeros(shape);
    float[] from = own(x).array();
    float[] to = result.array();
    for (int i = 0; i < indices.size(); i++) {
      to[indices.position(i)] += from[i];
    }
    return result;
  }

  private CpuTensor zeros(Shape shape) {
    CpuTensor result = inArray(shape);
    Arrays.fill(result.array(), 0, result.size(), 0f);
    return result;
  }

  private CpuTensor inArray(Shape shape) {
    return made(shape, Storage.inArray(memory, shape.size()));
  }

  private CpuTensor inNativeMemory(Shape shape) {
    return made(shape, Storage.inNativeMemory(memory, shape.size()));
  }

  private CpuTensor sparse(Shape shape, Support support) {
    return made(shape, Storage.sparse(memory, shape.size(), support));
  }

  private CpuTensor made(Shape shape, Storage storage) {
    scopes.element().add(storage);
    return new CpuTensor(shape, storage, this);
  }

  private CpuTensor own(Tensor x) {
    if (!(x instanceof CpuTensor tensor) || tensor.backend() != this) {
      throw new IllegalArgumentException("A tensor of another backend was given to " + this);
    }
    return tensor;
  }

  @Override
  public String toString() {
    return name() + " " + precision();
  }
}
