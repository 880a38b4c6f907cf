package org.samplegrad.core.backend.nd4j;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.function.BiFunction;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.concurrency.AffinityManager;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.api.ops.Op;
import org.nd4j.linalg.api.ops.impl.scalar.RectifiedLinear;
import org.nd4j.linalg.api.ops.impl.scalar.ScalarMultiplication;
import org.nd4j.linalg.api.ops.impl.scalar.Step;
import org.nd4j.linalg.api.ops.impl.transforms.floating.Sqrt;
import org.nd4j.linalg.api.ops.impl.transforms.same.Abs;
import org.nd4j.linalg.api.ops.impl.transforms.same.Square;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Erf;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Exp;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Log;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Sigmoid;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Tanh;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Indices;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.Scope;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.ShapeRules;
import org.samplegrad.core.backend.Tensor;
import org.samplegrad.core.backend.Window;

/** Every primitive as one or a few ND4J operations on dense c-order arrays. */
final class Nd4jBackend implements Backend {
  /**
   * Elements of per-sample weight gradients that may exist at once in {@link #sampleProductSum}.
   */
  private static final int SAMPLE_PRODUCT_ELEMENTS = 1 << 20;

  /** Longer sums are added in float64, because ND4J adds one term after another. */
  private static final int TERMS_ADDED_IN_FLOAT32 = 64;

  private final Precision precision;
  private final DataType dataType;

  /** The arrays to free, innermost scope first; the last list is the backend's own. */
  private final Deque<List<INDArray>> scopes = new ArrayDeque<>(List.of(new ArrayList<>()));

  Nd4jBackend(Precision precision) {
    this.precision = precision;
    this.dataType = precision == Precision.FLOAT32 ? DataType.FLOAT : DataType.DOUBLE;
  }

  @Override
  public String name() {
    return Nd4jBackendProvider.NAME;
  }

  @Override
  public Precision precision() {
    return precision;
  }

  @Override
  public Scope openScope() {
    List<INDArray> owned = new ArrayList<>();
    scopes.push(owned);
    return () -> {
      if (scopes.peek() != owned) {
        throw new IllegalStateException("Scopes must close in the reverse order of their opening");
      }
      scopes.pop();
      owned.forEach(INDArray::close);
    };
  }

  @Override
  public void close() {
    for (List<INDArray> owned : scopes) {
      owned.forEach(INDArray::close);
      owned.clear();
    }
  }

  @Override
  public Tensor tensor(Shape shape, float[] values) {
    ShapeRules.requireSize(shape, values.length);
    if (precision == Precision.FLOAT64) {
      double[] wide = new double[values.length];
      for (int i = 0; i < wide.length; i++) {
        wide[i] = values[i];
      }
      return tensor(shape, wide);
    }
    Nd4jTensor result = allocate(shape);
    new FloatPointer(hostData(result)).put(values);
    Nd4j.getAffinityManager().tagLocation(result.array(), AffinityManager.Location.HOST);
    return result;
  }

  @Override
  public Tensor tensor(Shape shape, double[] values) {
    ShapeRules.requireSize(shape, values.length);
    if (precision == Precision.FLOAT32) {
      float[] narrow = new float[values.length];
      for (int i = 0; i < narrow.length; i++) {
        narrow[i] = (float) values[i];
      }
      return tensor(shape, narrow);
    }
    Nd4jTensor result = allocate(shape);
    new DoublePointer(hostData(result)).put(values);
    Nd4j.getAffinityManager().tagLocation(result.array(), AffinityManager.Location.HOST);
    return result;
  }

  @Override
  public Tensor fill(Shape shape, double value) {
    Nd4jTensor result = allocate(shape);
    result.array().assign(value);
    return result;
  }

  @Override
  public double[] toDoubles(Tensor x) {
    if (precision == Precision.FLOAT64) {
      return doubles(x);
    }
    float[] narrow = floats(x);
    double[] values = new double[narrow.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = narrow[i];
    }
    return values;
  }

  @Override
  public void addTo(Tensor x, double[] totals, int offset) {
    if (precision == Precision.FLOAT32) {
      float[] values = floats(x);
      for (int i = 0; i < values.length; i++) {
        totals[offset + i] += values[i];
      }
    } else {
      double[] values = doubles(x);
      for (int i = 0; i < values.length; i++) {
        totals[offset + i] += values[i];
      }
    }
  }

  private float[] floats(Tensor x) {
    float[] values = new float[x.shape().size()];
    new FloatPointer(hostData(x)).get(values);
    return values;
  }

  private double[] doubles(Tensor x) {
    double[] values = new double[x.shape().size()];
    new DoublePointer(hostData(x)).get(values);
    return values;
  }

  /** The elements in this machine's memory, wherever ND4J computed them. */
  private Pointer hostData(Tensor x) {
    INDArray array = array(x);
    Nd4j.getAffinityManager().ensureLocation(array, AffinityManager.Location.HOST);
    return array.data().pointer();
  }

  @Override
  public Tensor add(Tensor a, Tensor b) {
    return elementwise("add", a, b);
  }

  @Override
  public Tensor subtract(Tensor a, Tensor b) {
    return elementwise("subtract", a, b);
  }

  @Override
  public Tensor multiply(Tensor a, Tensor b) {
    return elementwise("multiply", a, b);
  }

  @Override
  public Tensor divide(Tensor a, Tensor b) {
    return elementwise("divide", a, b);
  }

  private Tensor elementwise(String operation, Tensor a, Tensor b) {
    Nd4jTensor result = allocate(Shape.broadcast(a.shape(), b.shape()));
    execute(operation, result.array(), array(a), array(b));
    return result;
  }

  @Override
  public Tensor scale(Tensor x, double factor) {
    return unary(x, (input, output) -> new ScalarMultiplication(input, null, output, factor));
  }

  @Override
  public Tensor square(Tensor x) {
    return unary(x, Square::new);
  }

  @Override
  public Tensor sqrt(Tensor x) {
    return unary(x, Sqrt::new);
  }

  @Override
  public Tensor exp(Tensor x) {
    return unary(x, Exp::new);
  }

  @Override
  public Tensor log(Tensor x) {
    return unary(x, Log::new);
  }

  @Override
  public Tensor tanh(Tensor x) {
    return unary(x, Tanh::new);
  }

  @Override
  public Tensor sigmoid(Tensor x) {
    return unary(x, Sigmoid::new);
  }

  @Override
  public Tensor erf(Tensor x) {
    return unary(x, Erf::new);
  }

  /** {@code max(x, 0) + log1p(exp(-|x|))}: ND4J's own softplus overflows. */
  @Override
  public Tensor softplus(Tensor x) {
    Tensor magnitude = unary(x, Abs::new);
    return add(relu(x), log1p(exp(scale(magnitude, -1))));
  }

  /** {@code log(u) + (x - (u - 1)) / u} with {@code u = 1 + x}: ND4J's own is {@code log(u)}. */
  private Tensor log1p(Tensor x) {
    Tensor one = fill(Shape.scalar(), 1);
    Tensor u = add(x, one);
    return add(log(u), divide(subtract(x, subtract(u, one)), u));
  }

  @Override
  public Tensor relu(Tensor x) {
    return unary(x, RectifiedLinear::new);
  }

  @Override
  public Tensor step(Tensor x) {
    return unary(x, (input, output) -> new Step(input, output, 0.0));
  }

  private Tensor unary(Tensor x, BiFunction<INDArray, INDArray, Op> operation) {
    Nd4jTensor result = allocate(x.shape());
    Nd4j.getExecutioner().exec(operation.apply(array(x), result.array()));
    return result;
  }

  @Override
  public Tensor sum(Tensor x, int... axes) {
    Shape shape = ShapeRules.reduced(x.shape(), axes);
    Nd4jTensor result = allocate(shape);
    if (axes.length == 0) {
      result.array().assign(array(x)); // ND4J would take no axes to mean all of them
    } else if (precision == Precision.FLOAT32
        && x.shape().size() > shape.size() * (long) TERMS_ADDED_IN_FLOAT32) {
      scoped(
          () -> {
            Nd4jTensor wide = own(x.shape(), array(x).castTo(DataType.DOUBLE));
            Nd4jTensor wideSum = allocate(shape, DataType.DOUBLE);
            reduce("reduce_sum", wide.array(), wideSum.array(), axes);
            return result.array().assign(wideSum.array());
          });
    } else {
      reduce("reduce_sum", array(x), result.array(), axes);
    }
    return result;
  }

  @Override
  public Tensor max(Tensor x, int axis) {
    Nd4jTensor result = allocate(ShapeRules.reduced(x.shape(), axis));
    reduce("reduce_max", array(x), result.array(), axis);
    return result;
  }

  private static void reduce(String operation, INDArray x, INDArray result, int... axes) {
    Nd4j.exec(
        DynamicCustomOp.builder(operation)
            .addInputs(x)
            .addOutputs(result)
            .addIntegerArguments(axes)
            .addBooleanArguments(true)
            .build());
  }

  @Override
  public Tensor reshape(Tensor x, Shape shape) {
    ShapeRules.requireSize(shape, x.shape().size());
    return new Nd4jTensor(shape, array(x).reshape('c', Nd4jTensor.dimensions(shape)), this);
  }

  @Override
  public Tensor transpose(Tensor x, int... axes) {
    Nd4jTensor result = allocate(ShapeRules.transposed(x.shape(), axes));
    if (axes.length < 2) {
      result.array().assign(array(x)); // ND4J cannot permute the axes of a scalar
      return result;
    }
    result.array().assign(array(x).permute(axes));
    return result;
  }

  @Override
  public Tensor broadcastTo(Tensor x, Shape shape) {
    ShapeRules.requireBroadcast(x.shape(), shape);
    return add(x, fill(shape, 0));
  }

  @Override
  public Tensor slice(Tensor x, int axis, int from, int to) {
    Nd4jTensor result = allocate(ShapeRules.sliced(x.shape(), axis, from, to));
    result.array().assign(array(x).get(interval(x.shape(), axis, from, to)));
    return result;
  }

  @Override
  public Tensor pad(Tensor x, int axis, int before, int after) {
    Shape shape = ShapeRules.padded(x.shape(), axis, before, after);
    Nd4jTensor result = (Nd4jTensor) fill(shape, 0);
    int end = before + x.shape().extent(axis);
    result.array().get(interval(shape, axis, before, end)).assign(array(x));
    return result;
  }

  private static INDArrayIndex[] interval(Shape shape, int axis, int from, int to) {
    INDArrayIndex[] indices = new INDArrayIndex[shape.rank()];
    Arrays.fill(indices, NDArrayIndex.all());
    indices[axis] = NDArrayIndex.interval(from, to);
    return indices;
  }

  @Override
  public Tensor matmul(Tensor a, boolean transposeA, Tensor b, boolean transposeB) {
    Nd4jTensor result = allocate(ShapeRules.matmul(a.shape(), transposeA, b.shape(), transposeB));
    matmul(array(a), transposeA, array(b), transposeB, result.array());
    return result;
  }

  private static void matmul(
      INDArray a, boolean transposeA, INDArray b, boolean transposeB, INDArray result) {
    Nd4j.exec(
        DynamicCustomOp.builder("matmul")
            .addInputs(a, b)
            .addOutputs(result)
            .addIntegerArguments(transposeA ? 1 : 0, transposeB ? 1 : 0, 0)
            .build());
  }

  @Override
  public Tensor sampleProductSum(Tensor u, Tensor a, Tensor v, Tensor b) {
    Shape shape = ShapeRules.sampleProductSum(u.shape(), a.shape(), v.shape(), b.shape());
    int samples = u.shape().extent(0);
    Nd4jTensor result = (Nd4jTensor) fill(shape, 0);
    int chunk = samplesPerChunk(shape);
    for (int first = 0; first < samples; first += chunk) {
      int last = Math.min(samples, first + chunk);
      Scope scope = openScope();
      try {
        Tensor left = sampleProducts(slice(u, first, last), slice(a, first, last));
        Tensor right =
            u == v && a == b ? left : sampleProducts(slice(v, first, last), slice(b, first, last));
        Tensor product = multiply(left, right);
        Tensor sum = reshape(sum(reshape(product, shape.prepend(last - first)), 0), shape);
        result.array().addi(array(sum));
      } finally {
        scope.close();
      }
    }
    return result;
  }

  @Override
  public Tensor weightedSampleProduct(Tensor c, Tensor v, Tensor b, Tensor a) {
    Nd4jTensor result =
        allocate(ShapeRules.weightedSampleProduct(c.shape(), v.shape(), b.shape(), a.shape()));
    int samples = v.shape().extent(0);
    int chunk = samplesPerChunk(c.shape());
    for (int first = 0; first < samples; first += chunk) {
      int last = Math.min(samples, first + chunk);
      Scope scope = openScope();
      try {
        Tensor products = sampleProducts(slice(v, first, last), slice(b, first, last));
        Tensor weighted = multiply(reshape(products, c.shape().prepend(last - first)), c);
        Tensor inputs = slice(a, first, last);
        INDArray target = array(matrices(slice(result, first, last)));
        matmul(array(matrices(weighted)), false, array(matrices(inputs)), false, target);
      } finally {
        scope.close();
      }
    }
    return result;
  }

  private static int samplesPerChunk(Shape weightShape) {
    return Math.max(1, SAMPLE_PRODUCT_ELEMENTS / Math.max(1, weightShape.size()));
  }

  /** {@code u [n,g,o,p]}, {@code a [n,g,i,p] -> [n*g,o,i]}. */
  private Tensor sampleProducts(Tensor u, Tensor a) {
    return matmul(matrices(u), false, matrices(a), true);
  }

  /** {@code [n,g,o,p] -> [n*g,o,p]}. */
  private Tensor matrices(Tensor x) {
    Shape shape = x.shape();
    return reshape(
        x, Shape.of(shape.extent(0) * shape.extent(1), shape.extent(2), shape.extent(3)));
  }

  /** The samples {@code first} to {@code last - 1}, as a view. */
  private Tensor slice(Tensor x, int first, int last) {
    if (first == 0 && last == x.shape().extent(0)) {
      return x;
    }
    Shape shape = x.shape().dropFirst().prepend(last - first);
    INDArray view = array(x).get(NDArrayIndex.interval(first, last));
    return new Nd4jTensor(shape, view.reshape('c', Nd4jTensor.dimensions(shape)), this);
  }

  @Override
  public Tensor convolve(Tensor x, Tensor weight, Window window, int groups) {
    Shape shape = ShapeRules.convolution(x.shape(), weight.shape(), window, groups);
    Tensor columns = groupedColumns(x, window, groups);
    return reshape(
        matmul(groupedWeight(weight, x.shape().extent(0), groups), false, columns, false), shape);
  }

  @Override
  public Tensor convolveInputGradient(
      Tensor outputGradient, Tensor weight, Shape inputShape, Window window, int groups) {
    ShapeRules.requireConvolution(
        inputShape, weight.shape(), outputGradient.shape(), window, groups);
    int samples = inputShape.extent(0);
    int positions = positions(outputGradient);
    Tensor grouped = grouped(outputGradient, groups, positions);
    Tensor columns = matmul(groupedWeight(weight, samples, groups), true, grouped, false);
    Shape shape = Shape.of(samples, inputShape.extent(1) * window.kernelSize(), positions);
    return fold(reshape(columns, shape), inputShape, window);
  }

  @Override
  public Tensor convolveWeightGradient(
      Tensor x, Tensor outputGradient, Shape weightShape, Window window, int groups) {
    ShapeRules.requireConvolution(x.shape(), weightShape, outputGradient.shape(), window, groups);
    int positions = positions(outputGradient);
    Tensor grouped = grouped(outputGradient, groups, positions);
    Tensor products = matmul(grouped, false, groupedColumns(x, window, groups), true);
    Tensor perSample = reshape(products, weightShape.prepend(x.shape().extent(0)));
    return reshape(sum(perSample, 0), weightShape);
  }

  private static int positions(Tensor images) {
    return Shape.of(ShapeRules.spatialExtents(images.shape())).size();
  }

  /** {@code [n,c,...] -> [n*g, c/g*k, p]}. */
  private Tensor groupedColumns(Tensor x, Window window, int groups) {
    Tensor columns = unfold(x, window);
    return grouped(columns, groups, columns.shape().extent(2));
  }

  private Tensor grouped(Tensor x, int groups, int positions) {
    int batches = x.shape().extent(0) * groups;
    return reshape(x, Shape.of(batches, x.shape().size() / (batches * positions), positions));
  }

  /** {@code [o,c/g,k...] -> [n*g, o/g, c/g*k]}, the same for each sample. */
  private Tensor groupedWeight(Tensor weight, int samples, int groups) {
    int outputs = weight.shape().extent(0) / groups;
    int inputs = weight.shape().dropFirst().size();
    Tensor one = reshape(weight, Shape.of(1, groups, outputs, inputs));
    Tensor all = broadcastTo(one, Shape.of(samples, groups, outputs, inputs));
    return reshape(all, Shape.of(samples * groups, outputs, inputs));
  }

  /** Whether ND4J's own im2col and col2im, of two axes with symmetric padding, compute this. */
  private static boolean isNative(Window window) {
    return window.axes() == 2
        && !window.roundsUp()
        && window.paddingBefore(0) == window.paddingAfter(0)
        && window.paddingBefore(1) == window.paddingAfter(1);
  }

  @Override
  public Tensor unfold(Tensor x, Window window) {
    Shape columns = ShapeRules.unfolded(x.shape(), window);
    return isNative(window)
        ? reshape(im2col(x, window), columns)
        : tensor(columns, unfolded(toDoubles(x), x.shape(), window));
  }

  private static double[] unfolded(double[] images, Shape shape, Window window) {
    int[] sources = window.sources(ShapeRules.spatialExtents(shape));
    int planes = shape.extent(0) * shape.extent(1);
    int plane = images.length / planes;
    double[] columns = new double[planes * sources.length];
    for (int p = 0; p < planes; p++) {
      for (int i = 0; i < sources.length; i++) {
        if (sources[i] != Window.OUTSIDE) {
          columns[p * sources.length + i] = images[p * plane + sources[i]];
        }
      }
    }
    return columns;
  }

  /** {@code [n,c,kh,kw,h',w']} for images of height and width {@code h, w}. */
  private static Shape windows(Shape images, Window window) {
    return Shape.of(
        images.extent(0),
        images.extent(1),
        window.kernel(0),
        window.kernel(1),
        window.outputExtent(0, images.extent(2)),
        window.outputExtent(1, images.extent(3)));
  }

  private Tensor im2col(Tensor x, Window window) {
    Nd4jTensor result = allocate(windows(x.shape(), window));
    Nd4j.exec(
        DynamicCustomOp.builder("im2col")
            .addInputs(array(x))
            .addOutputs(result.array())
            .addIntegerArguments(
                window.kernel(0),
                window.kernel(1),
                window.stride(0),
                window.stride(1),
                window.paddingBefore(0),
                window.paddingBefore(1),
                window.dilation(0),
                window.dilation(1),
                0)
            .addFloatingPointArguments(0.0)
            .build());
    return result;
  }

  @Override
  public Tensor fold(Tensor columns, Shape inputShape, Window window) {
    ShapeRules.requireUnfolded(columns.shape(), inputShape, window);
    return isNative(window)
        ? col2im(reshape(columns, windows(inputShape, window)), inputShape, window)
        : tensor(inputShape, folded(toDoubles(columns), inputShape, window));
  }

  private static double[] folded(double[] columns, Shape shape, Window window) {
    int[] sources = window.sources(ShapeRules.spatialExtents(shape));
    int planes = shape.extent(0) * shape.extent(1);
    double[] images = new double[shape.size()];
    int plane = images.length / planes;
    for (int p = 0; p < planes; p++) {
      for (int i = 0; i < sources.length; i++) {
        if (sources[i] != Window.OUTSIDE) {
          images[p * plane + sources[i]] += columns[p * sources.length + i];
        }
      }
    }
    return images;
  }

  private Tensor col2im(Tensor windows, Shape inputShape, Window window) {
    Nd4jTensor result = allocate(inputShape);
    Nd4j.exec(
        DynamicCustomOp.builder("col2im")
            .addInputs(array(windows))
            .addOutputs(result.array())
            .addIntegerArguments(
                window.stride(0),
                window.stride(1),
                window.paddingBefore(0),
                window.paddingBefore(1),
                inputShape.extent(2),
                inputShape.extent(3),
                window.dilation(0),
                window.dilation(1),
                0)
            .build());
    return result;
  }

  @Override
  public Indices maxPoolIndices(Tensor x, Window window) {
    Shape pooled = ShapeRules.pooled(x.shape(), window);
    int[] sources = window.sources(ShapeRules.spatialExtents(x.shape()));
    int planes = pooled.extent(0) * pooled.extent(1);
    double[] values = toDoubles(x);
    int plane = values.length / planes;
    int outputs = pooled.size() / planes;
    int[] positions = new int[pooled.size()];
    for (int i = 0; i < positions.length; i++) {
      positions[i] = largest(values, i / outputs * plane, sources, i % outputs, outputs);
    }
    return new Indices(pooled, positions);
  }

  /** The position of the largest element of one window, whose sources lie {@code step} apart. */
  private static int largest(double[] values, int plane, int[] sources, int first, int step) {
    int best = -1;
    for (int i = first; i < sources.length; i += step) {
      int position = plane + sources[i];
      if (sources[i] != Window.OUTSIDE
          && (best < 0
              || values[position] > values[best]
              || (Double.isNaN(values[position]) && !Double.isNaN(values[best])))) {
        best = position;
      }
    }
    return best;
  }

  @Override
  public Tensor gather(Tensor x, Indices indices) {
    ShapeRules.requireGather(x.shape(), indices);
    double[] values = toDoubles(x);
    double[] result = new double[indices.size()];
    for (int i = 0; i < result.length; i++) {
      result[i] = values[indices.position(i)];
    }
    return tensor(indices.shape(), result);
  }

  @Override
  public Tensor scatterAdd(Tensor x, Indices indices, Shape shape) {
    ShapeRules.requireScatter(x.shape(), indices, shape);
    double[] values = toDoubles(x);
    double[] result = new double[shape.size()];
    for (int i = 0; i < values.length; i++) {
      result[indices.position(i)] += values[i];
    }
    return tensor(shape, result);
  }

  private static void execute(String operation, INDArray output, INDArray... inputs) {
    Nd4j.exec(DynamicCustomOp.builder(operation).addInputs(inputs).addOutputs(output).build());
  }

  private Nd4jTensor allocate(Shape shape) {
    return allocate(shape, dataType);
  }

  private Nd4jTensor allocate(Shape shape, DataType type) {
    return own(shape, Nd4j.createUninitialized(type, Nd4jTensor.dimensions(shape), 'c'));
  }

  private Nd4jTensor own(Shape shape, INDArray array) {
    scopes.element().add(array);
    return new Nd4jTensor(shape, array, this);
  }

  private INDArray array(Tensor x) {
    if (!(x instanceof Nd4jTensor tensor) || tensor.backend() != this) {
      throw new IllegalArgumentException("A tensor of another backend was given to " + this);
    }
    if (tensor.array().wasClosed()) {
      throw new IllegalStateException("The scope of this tensor has closed: " + tensor);
    }
    return tensor.array();
  }

  @Override
  public String toString() {
    return name() + " " + precision;
  }
}
