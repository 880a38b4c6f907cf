package org.samplegrad.core.layers;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.Stream;
import org.samplegrad.core.backend.NaiveArray;
import org.samplegrad.core.backend.NaiveArrays;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Window;

/**
 * A layer and the shape of one sample it takes. Each name in model files has a case that is made by
 * it.
 *
 * @param name in model files, empty if the case is made by the layer's constructor
 * @param misfits shapes that the layer must refuse
 * @param domain where its inputs lie
 */
record LayerCase(String name, Layer layer, Shape inputShape, List<Shape> misfits, Domain domain) {

  /** Inputs away from kinks and ties. */
  enum Domain {
    /** A little to both sides of 0. */
    NEAR_ZERO(x -> x),

    /** Halves of odd numbers, for functions with kinks at integers. */
    WIDE(x -> 8 * x),

    /** Numbers above 0, for roots and logarithms. */
    POSITIVE(x -> Math.abs(x) + 0.25);

    private final DoubleUnaryOperator map;

    Domain(DoubleUnaryOperator map) {
      this.map = map;
    }
  }

  private static final Window KERNEL = Window.ofKernel(3, 2);
  private static final Window STRIDE = Window.ofKernel(2, 3).withStride(2, 3);
  private static final Window PADDING = Window.ofKernel(3, 2).withPadding(2, 1);
  private static final Window DILATION = Window.ofKernel(2, 2).withDilation(3, 2);
  private static final Window EVERYTHING =
      Window.ofKernel(3, 2).withStride(2, 1).withPadding(1).withDilation(2, 3);
  private static final Window PAIRS = Window.ofKernel(2, 2).withStride(2);
  private static final Window UNEVEN =
      Window.ofKernel(3, 2).withStride(2).withPadding(new int[] {0, 1}, new int[] {1, 0});
  private static final Shape PLANE = Shape.of(1, 5, 6);
  private static final Shape PLANES = Shape.of(4, 5, 6);
  private static final Shape LINES = Shape.of(2, 7);
  private static final Shape VOLUMES = Shape.of(2, 3, 4, 2);

  static List<LayerCase> all() {
    return Stream.of(linears(), convolutions(), activations(), pools(), arrangements(), norms())
        .flatMap(List::stream)
        .toList();
  }

  private static LayerCase of(Layer layer, Shape inputShape, Shape... misfits) {
    return new LayerCase("", layer, inputShape, List.of(misfits), Domain.NEAR_ZERO);
  }

  private static LayerCase of(Layer layer, Domain domain) {
    return new LayerCase("", layer, Shape.of(2, 3), List.of(), domain);
  }

  /**
   * @param options as in model files, with single quotes
   */
  private static LayerCase named(String name, String options, Shape inputShape, Shape... misfits) {
    Layer layer = byName(name, options, inputShape);
    return new LayerCase(name, layer, inputShape, List.of(misfits), Domain.NEAR_ZERO);
  }

  private static LayerCase named(String name, String options, Domain domain) {
    Shape inputShape = Shape.of(2, 3);
    return new LayerCase(name, byName(name, options, inputShape), inputShape, List.of(), domain);
  }

  private static Layer byName(String name, String options, Shape inputShape) {
    try {
      JsonNode read = new JsonMapper().readTree("{" + options.replace('\'', '"') + "}");
      return LayerKind.named(name).orElseThrow().create(read, inputShape);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<LayerCase> linears() {
    return List.of(
        linear(new Linear(3, 4, true)),
        named("linear", "'out': 2, 'bias': false", Shape.of(2, 3), Shape.of(2, 4), Shape.scalar()),
        linear(new Linear(3, 4, false)),
        linear(new Linear(1, 1, true)),
        linear(new Linear(3, 2, true, true)),
        linear(new Linear(3, 4, true), 2),
        linear(new Linear(3, 4, false), 2, 2),
        linear(new Linear(3, 2, true, true), 4),
        linear(new Linear(2, 2, true), 1));
  }

  private static LayerCase linear(Linear layer, int... positions) {
    int inputs = layer.inputs();
    int[] extents = Arrays.copyOf(positions, positions.length + 1);
    extents[positions.length] = inputs;
    return of(
        layer,
        Shape.of(extents),
        Shape.of(inputs + 1),
        Shape.of(inputs, inputs + 1),
        Shape.scalar());
  }

  private static List<LayerCase> convolutions() {
    return List.of(
        convolution(new Convolution(1, 3, KERNEL, 1, true), PLANE),
        named("conv2d", "'out': 2, 'kernel': [3, 2], 'stride': [1, 2]", PLANE, LINES),
        convolution(new Convolution(4, 3, KERNEL, 1, false), PLANES),
        convolution(new Convolution(4, 2, STRIDE, 1, true), PLANES),
        convolution(new Convolution(4, 2, PADDING, 1, true), PLANES),
        convolution(new Convolution(4, 2, DILATION, 1, true), PLANES),
        convolution(new Convolution(4, 6, KERNEL, 2, true), PLANES),
        convolution(new Convolution(4, 4, PAIRS, 4, true), PLANES),
        convolution(new Convolution(4, 2, EVERYTHING, 2, false), PLANES),
        convolution(new Convolution(4, 2, UNEVEN, 1, true), PLANES),
        convolution(onePosition(), PLANES),
        of(new ChannelBias(4, 1), PLANES, PLANE, Shape.of(3, 5, 6), Shape.scalar()),
        named("conv1d", "'out': 3, 'kernel': 3, 'padding': 1", LINES, Shape.of(3, 7), Shape.of(7)),
        convolution(new Convolution(2, 2, Window.ofKernel(2).withStride(2), 2, false), LINES),
        named("conv3d", "'out': 2, 'kernel': [2, 3, 1]", VOLUMES, PLANES),
        convolution(
            new Convolution(2, 4, Window.ofKernel(2, 2, 2).withPadding(0, 1, 0), 2, true),
            VOLUMES));
  }

  /** Few positions and many channels: here norms are cheaper from the Gram matrices. */
  private static Convolution onePosition() {
    Window whole = Window.ofKernel(PLANES.extent(1), PLANES.extent(2));
    return new Convolution(PLANES.extent(0), 5, whole, 1, true);
  }

  private static LayerCase convolution(Convolution layer, Shape input) {
    Shape more = input.dropFirst().prepend(layer.inputs() + 1);
    return of(layer, input, more, input.dropFirst(), input.prepend(1));
  }

  private static List<LayerCase> activations() {
    List<LayerCase> cases = new ArrayList<>();
    for (Activation activation : Activation.values()) {
      boolean positive = activation == Activation.LOG || activation == Activation.SQRT;
      Domain domain = positive ? Domain.POSITIVE : Domain.NEAR_ZERO;
      cases.add(named(activation.toString(), "", domain));
      if (activation.name().contains("6") || activation.name().startsWith("HARD")) {
        cases.add(of(activation, Domain.WIDE));
      }
    }
    cases.add(named("leakyrelu", "'negative_slope': 0.2", Domain.NEAR_ZERO));
    cases.add(named("prelu", "", Domain.NEAR_ZERO));
    cases.add(of(new PRelu(2), Shape.of(2, 3), Shape.of(3), Shape.of(3, 2), Shape.scalar()));
    cases.add(of(new PRelu(3), Shape.of(3)));
    cases.add(of(new PRelu(2), VOLUMES));
    cases.add(named("elu", "'alpha': 1.5", Domain.NEAR_ZERO));
    cases.add(named("celu", "'alpha': 0.5", Domain.NEAR_ZERO));
    cases.add(named("gelu", "", Domain.NEAR_ZERO));
    cases.add(named("gelu", "'approximate': 'tanh'", Domain.NEAR_ZERO));
    cases.add(of(new Softplus(1, 20), Domain.NEAR_ZERO));
    cases.add(named("softplus", "'beta': 2, 'threshold': 4", Domain.WIDE));
    cases.add(of(new Softplus(-0.5, Double.POSITIVE_INFINITY), Domain.NEAR_ZERO));
    cases.add(named("hardtanh", "'min_val': -2, 'max_val': 3", Domain.WIDE));
    cases.add(named("clamp", "'max': 2", Domain.WIDE));
    cases.add(of(new Clip(-1, Double.POSITIVE_INFINITY), Domain.WIDE));
    cases.add(of(new Power(2), Domain.NEAR_ZERO));
    cases.add(named("pow", "'exponent': 3", Domain.NEAR_ZERO));
    cases.add(of(new Power(-1), Domain.POSITIVE));
    cases.add(of(new Power(1.5), Domain.POSITIVE));
    cases.add(of(new Power(0.3), Domain.POSITIVE));
    for (int axis : new int[] {0, 1, -1}) {
      String option = "'axis': " + axis;
      cases.add(named("softmax", option, Shape.of(2, 3), Shape.scalar()));
      cases.add(named("logsoftmax", option, Shape.of(3, 2), Shape.scalar()));
    }
    return cases;
  }

  private static List<LayerCase> pools() {
    List<LayerCase> cases = new ArrayList<>();
    for (Window window :
        List.of(
            PAIRS,
            Window.ofKernel(3, 2).withStride(1, 2).withPadding(1),
            Window.ofKernel(2, 2).withDilation(3, 2),
            Window.ofKernel(2, 3).withStride(2).roundingUp(true),
            UNEVEN)) {
      cases.addAll(pools(window, PLANES));
    }
    cases.addAll(pools(Window.ofKernel(3).withStride(2).withPadding(1), LINES));
    cases.addAll(pools(Window.ofKernel(2).withStride(2).roundingUp(true), LINES));
    cases.addAll(pools(Window.ofKernel(2, 2, 2).withPadding(1, 0, 1), VOLUMES));
    for (String kind : List.of("max", "avg")) {
      cases.add(named(kind + "pool1d", "'kernel': 2, 'stride': 1", LINES, PLANES));
      cases.add(named(kind + "pool2d", "'kernel': [2, 3]", PLANES, LINES));
      cases.add(named(kind + "pool3d", "'kernel': 2, 'padding': [1, 0, 1]", VOLUMES, LINES));
    }
    cases.add(named("globalavgpool", "", PLANES, PLANE.dropFirst()));
    return cases;
  }

  private static List<LayerCase> pools(Window window, Shape input) {
    Shape empty = Shape.of(new int[window.axes()]).prepend(1);
    Shape[] misfits = {input.dropFirst(), input.prepend(2), empty};
    return List.of(
        of(new MaxPool(window), input, misfits),
        of(new AveragePool(window, true), input, misfits),
        of(new AveragePool(window, false), input, misfits));
  }

  private static List<LayerCase> arrangements() {
    Shape input = Shape.of(2, 3, 2);
    List<LayerCase> cases = new ArrayList<>();
    cases.add(of(new Flatten(), input));
    cases.add(of(new Flatten(), Shape.of(3)));
    cases.add(named("flatten", "'start_axis': 1, 'end_axis': 2", input, Shape.of(3)));
    cases.add(of(new Flatten(0, -2), input));
    cases.add(of(new Flatten(-1, 0), Shape.of(3), input));
    cases.add(named("reshape", "'shape': [4, 1, -1]", input, Shape.of(11)));
    cases.add(named("permute", "'axes': [2, 0, 1]", input, Shape.of(2, 3)));
    cases.add(of(new Permute(List.of(-1, 0)), Shape.of(2, 3), input, Shape.of(2)));
    cases.add(named("slice", "'axis': 1, 'from': 1, 'to': 3", input, Shape.of(2, 2), Shape.of(2)));
    cases.add(of(new Slice(-1, 0, 1), input, Shape.scalar()));
    cases.add(named("pad", "'before': 1, 'after': 2", input, Shape.scalar()));
    cases.add(of(new Pad(-1, 0, 1), input));
    cases.add(named("take", "'axis': 1, 'positions': [2, 0, 2]", input, Shape.of(2, 2)));
    cases.add(of(new Take(-1, List.of(0)), input));
    for (AxisReduction.Kind kind : AxisReduction.Kind.values()) {
      cases.add(of(new AxisReduction(kind, List.of(1), false), input, Shape.of(3)));
      cases.add(of(new AxisReduction(kind, List.of(-1, 0), true), input, Shape.of(3)));
      cases.add(of(new AxisReduction(kind, List.of(0, 1, 2), false), input));
    }
    cases.add(named("sum", "'axes': [0, 2], 'keep_axes': true", input, Shape.of(3)));
    cases.add(named("mean", "'axes': [0]", input, Shape.scalar()));
    cases.add(named("norm", "'axes': [1]", input, Shape.of(3)));
    cases.add(named("identity", "", input));
    cases.add(named("dropout", "'p': 0.3", input));
    return cases;
  }

  private static List<LayerCase> norms() {
    List<Double> mean = List.of(0.25, -0.5);
    List<Double> variance = List.of(0.5, 2.0);
    Shape[] misfits = {Shape.of(3, 2), Shape.scalar()};
    return List.of(
        of(new BatchNorm(mean, variance, 1e-5, true), Shape.of(2), misfits),
        of(new BatchNorm(mean, variance, 0.1, true), Shape.of(2, 3), misfits),
        of(new BatchNorm(mean, variance, 1e-5, true), VOLUMES, misfits),
        of(new BatchNorm(mean, variance, 1e-5, false), Shape.of(2, 3), misfits),
        of(new BatchNorm(2, List.of(), List.of(), 0.5, true), Shape.of(2, 3), misfits),
        of(new BatchNorm(2, List.of(), variance, 0, true), Shape.of(2, 2, 2), misfits),
        named("batchnorm1d", "'running_var': [1.5, 2]", Shape.of(2, 3), misfits),
        named("batchnorm2d", "'affine': false", LINES.prepend(2), misfits),
        named("batchnorm3d", "'running_mean': [1.5, 2]", VOLUMES, misfits),
        named("groupnorm", "'groups': 2", Shape.of(4, 3), misfits),
        named("instancenorm1d", "", LINES, misfits),
        named("instancenorm2d", "'affine': true", LINES.prepend(2), misfits),
        named("instancenorm3d", "'eps': 0.1", VOLUMES, misfits),
        named("layernorm", "'axes': 2, 'bias': false", Shape.of(2, 2, 3), misfits),
        of(new GroupNorm(1, 2, 0.1, true), VOLUMES, misfits),
        of(new GroupNorm(2, 2, 1e-5, true), LINES, misfits),
        of(new GroupNorm(2, 2, 1e-5, false), Shape.of(2, 3, 2), misfits),
        of(new LayerNorm(Shape.of(4), 1e-5, true, true), Shape.of(4), misfits),
        of(new LayerNorm(Shape.of(3), 0.1, true, false), Shape.of(2, 3), misfits),
        of(new LayerNorm(Shape.of(2, 3), 1e-5, true, true), Shape.of(2, 2, 3), misfits),
        of(new LayerNorm(Shape.of(3), 1e-5, false, false), Shape.of(2, 3), misfits));
  }

  /** Random parameters in the order that the layer takes them. */
  List<NaiveArray> parameters(Random random) {
    return layer.parameters().stream()
        .map(parameter -> NaiveArray.random(random, parameter.shape().extents()))
        .toList();
  }

  /** A block of inputs in the layer's domain. */
  NaiveArray block(Random random, int samples) {
    return NaiveArrays.map(
        NaiveArray.separated(random, inputShape.prepend(samples).extents()), domain.map);
  }

  Shape outputShape(int samples) {
    return layer.outputShape(inputShape).prepend(samples);
  }

  @Override
  public String toString() {
    return layer + " on " + Arrays.toString(inputShape.extents());
  }
}
