package org.samplegrad.core.passes;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Window;
import org.samplegrad.core.layers.Activation;
import org.samplegrad.core.layers.Arithmetic;
import org.samplegrad.core.layers.AveragePool;
import org.samplegrad.core.layers.AxisReduction;
import org.samplegrad.core.layers.BatchNorm;
import org.samplegrad.core.layers.Concatenation;
import org.samplegrad.core.layers.Convolution;
import org.samplegrad.core.layers.Flatten;
import org.samplegrad.core.layers.Gelu;
import org.samplegrad.core.layers.GroupNorm;
import org.samplegrad.core.layers.Layer;
import org.samplegrad.core.layers.LayerNorm;
import org.samplegrad.core.layers.Linear;
import org.samplegrad.core.layers.MatrixProduct;
import org.samplegrad.core.layers.MaxPool;
import org.samplegrad.core.layers.Reshape;
import org.samplegrad.core.layers.Softmax;
import org.samplegrad.core.losses.LossKind;
import org.samplegrad.core.losses.TargetSpec;
import org.samplegrad.core.models.ExampleModel;
import org.samplegrad.core.models.Graph;
import org.samplegrad.core.models.Sequential;
import org.samplegrad.core.parameters.ParameterVector;

/** A model with a loss, parameters and seeded random samples, inputs in float64. */
record ObjectiveCase(
    String name,
    Objective objective,
    ParameterVector parameters,
    double[] inputs,
    double[] targets) {
  private static final int SAMPLES = 5;

  /** The models of the BackPACK page. */
  static Stream<ObjectiveCase> examples() {
    return Arrays.stream(ExampleModel.values())
        .map(
            example ->
                of(
                    example.toString(),
                    new Objective(example.create(), example.loss().create()),
                    SAMPLES));
  }

  /** Small models without kinks, whose derivatives finite differences can check. */
  static Stream<ObjectiveCase> smooth() {
    return Stream.of(
        of(
            "sigmoid and tanh, mse of two outputs",
            "mse",
            Shape.of(3),
            new Linear(3, 4, true),
            Activation.SIGMOID,
            new Linear(4, 3, false),
            Activation.TANH,
            new Linear(3, 2, true)),
        of(
            "tanh, bce-with-logits of three outputs",
            "bce-with-logits",
            Shape.of(2),
            new Linear(2, 3, true),
            Activation.TANH,
            new Linear(3, 3, true)),
        of(
            "linear, bce-with-logits of an image",
            "bce-with-logits",
            Shape.of(2, 3, 4),
            new Convolution(2, 2, Window.ofKernel(2, 2), 1, true)),
        of(
            "convolution with stride and padding",
            "cross-entropy",
            Shape.of(1, 6, 5),
            new Convolution(
                1, 2, Window.ofKernel(3, 2).withStride(2, 1).withPadding(1, 2), 1, true),
            Activation.TANH,
            new Flatten(),
            new Linear(2 * 3 * 8, 3, true)),
        of(
            "convolutions with dilation and groups",
            "cross-entropy",
            Shape.of(4, 7, 6),
            new Convolution(
                4, 4, Window.ofKernel(2, 3).withPadding(0, 1).withDilation(3, 2), 2, false),
            Activation.SIGMOID,
            new Convolution(4, 2, Window.ofKernel(2, 2).withStride(2, 1), 1, true),
            Activation.TANH,
            new Flatten(),
            new Linear(2 * 2 * 3, 2, true)),
        of(
            "convolution of sequences, group norm, average pool",
            "cross-entropy",
            Shape.of(2, 8),
            new Convolution(2, 4, Window.ofKernel(3).withPadding(1), 1, true),
            new GroupNorm(2, 4, 1e-2, true),
            new Gelu(false),
            new AveragePool(Window.ofKernel(3).withStride(2).withPadding(1), false),
            new Flatten(),
            new Linear(4 * 4, 3, true)),
        of(
            "linear on sequences, layer norm, softmax",
            "mse",
            Shape.of(3, 4),
            new Linear(4, 3, true),
            new LayerNorm(Shape.of(3), 1e-2, true, true),
            Activation.SILU,
            new Softmax(1),
            new AxisReduction(AxisReduction.Kind.MEAN, List.of(0), false)),
        of(
            "convolution of volumes, batch norm",
            "mse",
            Shape.of(1, 3, 3, 3),
            new Convolution(1, 2, Window.ofKernel(2, 2, 2), 1, true),
            new BatchNorm(List.of(0.1, -0.2), List.of(0.5, 1.5), 1e-5, true),
            Activation.TANH,
            new Flatten(),
            new Linear(16, 2, false)),
        of(
            "depthwise convolution, mse of one output",
            "mse",
            Shape.of(3, 4, 4),
            new Convolution(3, 6, Window.ofKernel(2, 2), 3, true),
            Activation.TANH,
            new Flatten(),
            new Linear(6 * 3 * 3, 1, false)));
  }

  /** Models with kinks. */
  static Stream<ObjectiveCase> kinked() {
    return Stream.of(
        of(
            "relu and overlapping padded pooling",
            "cross-entropy",
            Shape.of(2, 6, 7),
            new Convolution(2, 3, Window.ofKernel(3, 3).withPadding(1), 1, true),
            Activation.RELU,
            new MaxPool(Window.ofKernel(3, 2).withStride(2, 1).withPadding(1)),
            new Convolution(3, 2, Window.ofKernel(2, 2).withStride(1, 2), 1, true),
            Activation.RELU,
            new Flatten(),
            new Linear(2 * 2 * 4, 4, true)),
        of(
            "dilated pooling of the input",
            "mse",
            Shape.of(1, 6, 6),
            new MaxPool(Window.ofKernel(2, 2).withStride(1, 2).withDilation(2, 3)),
            new Convolution(1, 2, Window.ofKernel(2, 1), 1, false),
            Activation.RELU));
  }

  /** Smooth models with branches, whose parameters have several uses. */
  static Stream<ObjectiveCase> branched() {
    return Stream.of(
        of("residual with a scale", "mse", scaledResidual()),
        of("a linear layer used three times", "cross-entropy", sharedLinear()),
        of("a convolution used twice", "cross-entropy", sharedConvolution()),
        of("one parameter in two structures", "mse", mixedUses()),
        of("weights computed from parameters", "mse", computedWeights()));
  }

  private static Graph scaledResidual() {
    Graph.Builder builder = Graph.builder(Shape.of(2, 3, 3));
    Window window = Window.ofKernel(3, 3).withPadding(1);
    int x = builder.input();
    int y = builder.apply("first", new Convolution(2, 2, window, 1, true), x);
    y = builder.apply("tanh", Activation.TANH, y);
    int scale = builder.parameter("scale", Shape.of(2, 1, 1), 1);
    y = builder.combine(Arithmetic.MULTIPLY, y, scale);
    y = builder.combine(Arithmetic.ADD, y, x);
    int mean = builder.constant(Shape.of(2, 1, 1), new double[] {0.5, -0.25});
    y = builder.combine(Arithmetic.SUBTRACT, builder.apply("sigmoid", Activation.SIGMOID, y), mean);
    y = builder.combine(new Concatenation(0), y, builder.apply("other", Activation.TANH, x));
    y = builder.apply("flatten", new Flatten(), y);
    return builder.build(builder.apply("last", new Linear(36, 2, true), y));
  }

  private static Graph sharedLinear() {
    Graph.Builder builder = Graph.builder(Shape.of(3));
    int y = builder.input();
    for (int use = 0; use < 3; use++) {
      y = builder.apply(new Linear(3, 3, true), List.of("weight", "bias"), y);
      y = builder.apply("tanh", Activation.TANH, y);
    }
    return builder.build(y);
  }

  private static Graph sharedConvolution() {
    Graph.Builder builder = Graph.builder(Shape.of(2, 4, 4));
    Window window = Window.ofKernel(2, 2);
    int y = builder.input();
    for (int use = 0; use < 2; use++) {
      y = builder.apply(new Convolution(2, 2, window, 2, true), List.of("weight", "bias"), y);
      y = builder.apply("tanh", Activation.TANH, y);
    }
    y = builder.apply("flatten", new Flatten(), y);
    return builder.build(builder.apply("last", new Linear(8, 3, true), y));
  }

  /**
   * A convolution and a linear layer whose weights are computed from parameters, one of which both
   * weights share, which is also a layer's own weight and an operand.
   */
  private static Graph computedWeights() {
    Graph.Builder builder = Graph.builder(Shape.of(2, 3, 3));
    int left = builder.parameter("left", Shape.of(2, 2), 1);
    int right = builder.parameter("right", Shape.of(2, 8), 1);
    int whole = builder.parameter("whole", Shape.of(2, 8), 1);
    int sum =
        builder.combine(Arithmetic.ADD, whole, builder.combine(new MatrixProduct(), left, right));
    int kernel = builder.apply(new Reshape(Shape.of(2, 2, 2, 2)), List.of(), sum);
    int bias = builder.parameter("bias", Shape.of(2), 1);
    Layer convolution = new Convolution(2, 2, Window.ofKernel(2, 2), 1, true);
    int y = builder.applyComputed(convolution, List.of(kernel, bias), builder.input());
    y = builder.apply("flatten", new Flatten(), builder.apply("tanh", Activation.TANH, y));
    int grown = builder.apply(Activation.EXP, List.of(), right);
    y = builder.applyComputed(new Linear(8, 2, false), List.of(grown), y);
    y = builder.apply(new Linear(2, 2, false), List.of("left"), y);
    return builder.build(
        builder.combine(
            Arithmetic.MULTIPLY,
            y,
            builder.apply(
                new AxisReduction(AxisReduction.Kind.MEAN, List.of(0), false), List.of(), left)));
  }

  /** A weight as that of a layer and as the factor of a matrix product, a bias as an operand. */
  private static Graph mixedUses() {
    Graph.Builder builder = Graph.builder(Shape.of(3));
    int y = builder.apply(new Linear(3, 3, true), List.of("weight", "bias"), builder.input());
    y = builder.apply("tanh", Activation.TANH, y);
    int weight = builder.parameter("weight", Shape.of(3, 3), 1);
    y = builder.combine(new MatrixProduct(), y, weight);
    return builder.build(
        builder.combine(Arithmetic.MULTIPLY, y, builder.parameter("bias", Shape.of(3), 1)));
  }

  static Stream<ObjectiveCase> every() {
    return Stream.of(examples(), smooth(), kinked(), branched()).flatMap(cases -> cases);
  }

  private static ObjectiveCase of(String name, String loss, Graph graph) {
    return of(name, new Objective(graph, LossKind.named(loss).create()), SAMPLES);
  }

  private static ObjectiveCase of(String name, String loss, Shape input, Layer... layers) {
    return of(
        name,
        new Objective(new Sequential(input, List.of(layers)), LossKind.named(loss).create()),
        SAMPLES);
  }

  static ObjectiveCase of(String name, Objective objective, int samples) {
    Random random = new Random(name.hashCode());
    Shape sample = objective.model().inputShape();
    double[] inputs =
        random.doubles((long) samples * sample.size()).map(x -> 3 * x - 1.5).toArray();
    TargetSpec target = objective.target();
    double[] targets = new double[samples * target.perSample()];
    for (int i = 0; i < targets.length; i++) {
      targets[i] =
          target instanceof TargetSpec.ClassIndex index
              ? random.nextInt(index.classes())
              : random.nextDouble();
    }
    return new ObjectiveCase(
        name, objective, objective.model().initialParameters(samples), inputs, targets);
  }

  int count() {
    return inputs.length / objective.model().inputShape().size();
  }

  /** All samples as one block. */
  Block all() {
    return range(0, count());
  }

  /** The samples in blocks of the given sizes, which must add up. */
  List<Block> split(int... sizes) {
    List<Block> blocks = new ArrayList<>();
    int first = 0;
    for (int size : sizes) {
      blocks.add(range(first, first + size));
      first += size;
    }
    if (first != count()) {
      throw new IllegalArgumentException(first + " of " + count() + " samples");
    }
    return blocks;
  }

  /** One block for each sample. */
  List<Block> samples() {
    int[] ones = new int[count()];
    Arrays.fill(ones, 1);
    return split(ones);
  }

  private Block range(int from, int to) {
    Shape shape = objective.model().inputShape();
    int perSample = objective.target().perSample();
    return Block.of(
        to - from,
        shape,
        Arrays.copyOfRange(inputs, from * shape.size(), to * shape.size()),
        Arrays.copyOfRange(targets, from * perSample, to * perSample));
  }

  @Override
  public String toString() {
    return name;
  }
}
