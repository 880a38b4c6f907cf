package org.samplegrad.core.models;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.layers.Activation;
import org.samplegrad.core.layers.AveragePool;
import org.samplegrad.core.layers.AxisReduction;
import org.samplegrad.core.layers.BatchNorm;
import org.samplegrad.core.layers.Celu;
import org.samplegrad.core.layers.Clip;
import org.samplegrad.core.layers.Convolution;
import org.samplegrad.core.layers.Elu;
import org.samplegrad.core.layers.Flatten;
import org.samplegrad.core.layers.Gelu;
import org.samplegrad.core.layers.GroupNorm;
import org.samplegrad.core.layers.Identity;
import org.samplegrad.core.layers.Layer;
import org.samplegrad.core.layers.LayerNorm;
import org.samplegrad.core.layers.LeakyRelu;
import org.samplegrad.core.layers.Linear;
import org.samplegrad.core.layers.LogSoftmax;
import org.samplegrad.core.layers.MaxPool;
import org.samplegrad.core.layers.PRelu;
import org.samplegrad.core.layers.Pad;
import org.samplegrad.core.layers.Permute;
import org.samplegrad.core.layers.Power;
import org.samplegrad.core.layers.Reshape;
import org.samplegrad.core.layers.Slice;
import org.samplegrad.core.layers.Softmax;
import org.samplegrad.core.layers.Softplus;

/**
 * The catalogue of layers by the names model files use, which are PyTorch's in lower case. A new
 * layer is one entry here; activations come from {@link Activation} by themselves.
 */
enum LayerKind {
  CONV1D("conv1d", options -> convolution(options, 1)),
  CONV2D("conv2d", options -> convolution(options, 2)),
  CONV3D("conv3d", options -> convolution(options, 3)),
  MAXPOOL1D("maxpool1d", options -> maxPool(options, 1)),
  MAXPOOL2D("maxpool2d", options -> maxPool(options, 2)),
  MAXPOOL3D("maxpool3d", options -> maxPool(options, 3)),
  AVGPOOL1D("avgpool1d", options -> averagePool(options, 1)),
  AVGPOOL2D("avgpool2d", options -> averagePool(options, 2)),
  AVGPOOL3D("avgpool3d", options -> averagePool(options, 3)),

  /** The mean of each channel; PyTorch's adaptive average pool to one element. */
  GLOBALAVGPOOL(
      "globalavgpool",
      options ->
          new AxisReduction(
              AxisReduction.Kind.MEAN,
              IntStream.range(1, options.inputShape().rank()).boxed().toList(),
              true)),
  FLATTEN(
      "flatten",
      options -> new Flatten(options.integer("start_axis", 0), options.integer("end_axis", -1))),
  LINEAR(
      "linear",
      options ->
          new Linear(options.features(), options.required("out"), options.flag("bias", true))),
  BATCHNORM1D("batchnorm1d", options -> batchNorm(options, 1, 2)),
  BATCHNORM2D("batchnorm2d", options -> batchNorm(options, 3, 3)),
  BATCHNORM3D("batchnorm3d", options -> batchNorm(options, 4, 4)),
  LAYERNORM("layernorm", LayerKind::layerNorm),
  GROUPNORM("groupnorm", LayerKind::groupNorm),
  INSTANCENORM1D("instancenorm1d", options -> instanceNorm(options, 2)),
  INSTANCENORM2D("instancenorm2d", options -> instanceNorm(options, 3)),
  INSTANCENORM3D("instancenorm3d", options -> instanceNorm(options, 4)),
  LEAKYRELU("leakyrelu", options -> new LeakyRelu(options.number("negative_slope", 0.01))),
  PRELU("prelu", options -> new PRelu(options.integer("num_parameters", 1))),
  ELU("elu", options -> new Elu(options.number("alpha", 1))),
  CELU("celu", options -> new Celu(options.number("alpha", 1))),
  GELU("gelu", options -> new Gelu(options.choice("approximate", "none", "tanh").equals("tanh"))),
  SOFTPLUS(
      "softplus",
      options -> new Softplus(options.number("beta", 1), options.number("threshold", 20))),
  HARDTANH(
      "hardtanh", options -> new Clip(options.number("min_val", -1), options.number("max_val", 1))),
  CLAMP(
      "clamp",
      options ->
          new Clip(
              options.number("min", Double.NEGATIVE_INFINITY),
              options.number("max", Double.POSITIVE_INFINITY))),
  POW("pow", options -> new Power(options.requiredNumber("exponent"))),
  SOFTMAX("softmax", options -> new Softmax(options.integer("axis", -1))),
  LOGSOFTMAX("logsoftmax", options -> new LogSoftmax(options.integer("axis", -1))),
  RESHAPE("reshape", options -> new Reshape(options.reshaped("shape"))),
  PERMUTE("permute", options -> new Permute(options.integers("axes"))),
  SLICE(
      "slice",
      options ->
          new Slice(
              options.integer("axis", 0), options.integer("from", 0), options.required("to"))),
  PAD(
      "pad",
      options ->
          new Pad(
              options.integer("axis", 0),
              options.integer("before", 0),
              options.integer("after", 0))),
  SUM("sum", options -> reduction(options, AxisReduction.Kind.SUM)),
  MEAN("mean", options -> reduction(options, AxisReduction.Kind.MEAN)),

  /** Does nothing, as PyTorch's in evaluation mode. */
  DROPOUT("dropout", LayerKind::dropout),
  IDENTITY("identity", options -> new Identity());

  /** PyTorch's default for every normalisation. */
  private static final double NORMALIZATION_EPSILON = 1e-5;

  private static final Map<String, Function<LayerOptions, Layer>> FACTORIES = factories();

  private final String label;
  private final Function<LayerOptions, Layer> factory;

  LayerKind(String label, Function<LayerOptions, Layer> factory) {
    this.label = label;
    this.factory = factory;
  }

  private static Layer convolution(LayerOptions options, int axes) {
    return new Convolution(
        options.channels(),
        options.required("out"),
        options.window(axes, false),
        options.integer("groups", 1),
        options.flag("bias", true));
  }

  private static Layer maxPool(LayerOptions options, int axes) {
    boolean roundsUp = options.flag("ceil_mode", false);
    return new MaxPool(options.window(axes, true).roundingUp(roundsUp));
  }

  private static Layer averagePool(LayerOptions options, int axes) {
    boolean roundsUp = options.flag("ceil_mode", false);
    return new AveragePool(
        options.window(axes, true).roundingUp(roundsUp), options.flag("count_include_pad", true));
  }

  private static Layer batchNorm(LayerOptions options, int fewestAxes, int mostAxes) {
    options.requireAxes(fewestAxes, mostAxes);
    return new BatchNorm(
        options.channels(),
        options.numbers("running_mean"),
        options.numbers("running_var"),
        options.number("eps", NORMALIZATION_EPSILON),
        options.flag("affine", true));
  }

  private static Layer layerNorm(LayerOptions options) {
    int[] extents = options.inputShape().extents();
    int axes = options.integer("axes", 1);
    if (axes < 1 || axes > extents.length) {
      throw new IllegalArgumentException(
          "layernorm expects 1 to %d last axes, found %d".formatted(extents.length, axes));
    }
    boolean affine = options.flag("elementwise_affine", true);
    return new LayerNorm(
        Shape.of(Arrays.copyOfRange(extents, extents.length - axes, extents.length)),
        options.number("eps", NORMALIZATION_EPSILON),
        affine,
        options.flag("bias", affine));
  }

  private static Layer groupNorm(LayerOptions options) {
    return new GroupNorm(
        options.required("groups"),
        options.channels(),
        options.number("eps", NORMALIZATION_EPSILON),
        options.flag("affine", true));
  }

  private static Layer instanceNorm(LayerOptions options, int axes) {
    options.requireAxes(axes, axes);
    return new GroupNorm(
        options.channels(),
        options.channels(),
        options.number("eps", NORMALIZATION_EPSILON),
        options.flag("affine", false));
  }

  private static Layer reduction(LayerOptions options, AxisReduction.Kind kind) {
    List<Integer> axes = options.integers("axes");
    return new AxisReduction(kind, axes, options.flag("keep_axes", false));
  }

  private static Layer dropout(LayerOptions options) {
    options.number("p", 0.5);
    return new Identity();
  }

  private static Map<String, Function<LayerOptions, Layer>> factories() {
    Map<String, Function<LayerOptions, Layer>> factories = new LinkedHashMap<>();
    Arrays.stream(values()).forEach(kind -> factories.put(kind.label, kind.factory));
    for (Activation activation : Activation.values()) {
      factories.put(activation.toString(), options -> activation);
    }
    return factories;
  }

  /** All names. */
  static List<String> names() {
    return List.copyOf(FACTORIES.keySet());
  }

  /** The layer of a name, or an IllegalArgumentException that lists the names. */
  static Function<LayerOptions, Layer> named(String label) {
    Function<LayerOptions, Layer> factory = FACTORIES.get(label);
    if (factory == null) {
      throw new IllegalArgumentException(
          "unknown layer '%s'; choose one of %s, %s"
              .formatted(label, String.join(", ", names()), ModelSpec.RESIDUAL));
    }
    return factory;
  }
}
