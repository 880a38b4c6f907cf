package org.samplegrad.core.passes;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Window;
import org.samplegrad.core.layers.Activation;
import org.samplegrad.core.layers.Conv2d;
import org.samplegrad.core.layers.Flatten;
import org.samplegrad.core.layers.Layer;
import org.samplegrad.core.layers.Linear;
import org.samplegrad.core.layers.MaxPool2d;
import org.samplegrad.core.losses.LossKind;
import org.samplegrad.core.losses.TargetSpec;
import org.samplegrad.core.models.ExampleModel;
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
            LossKind.MEAN_SQUARED_ERROR,
            Shape.of(3),
            new Linear(3, 4, true),
            Activation.SIGMOID,
            new Linear(4, 3, false),
            Activation.TANH,
            new Linear(3, 2, true)),
        of(
            "tanh, bce-with-logits of three outputs",
            LossKind.BINARY_CROSS_ENTROPY_WITH_LOGITS,
            Shape.of(2),
            new Linear(2, 3, true),
            Activation.TANH,
            new Linear(3, 3, true)),
        of(
            "linear, bce-with-logits of an image",
            LossKind.BINARY_CROSS_ENTROPY_WITH_LOGITS,
            Shape.of(2, 3, 4),
            new Conv2d(2, 2, Window.ofKernel(2, 2), 1, true)),
        of(
            "convolution with stride and padding",
            LossKind.CROSS_ENTROPY,
            Shape.of(1, 6, 5),
            new Conv2d(1, 2, Window.ofKernel(3, 2).withStride(2, 1).withPadding(1, 2), 1, true),
            Activation.TANH,
            new Flatten(),
            new Linear(2 * 3 * 8, 3, true)),
        of(
            "convolutions with dilation and groups",
            LossKind.CROSS_ENTROPY,
            Shape.of(4, 7, 6),
            new Conv2d(4, 4, Window.ofKernel(2, 3).withPadding(0, 1).withDilation(3, 2), 2, false),
            Activation.SIGMOID,
            new Conv2d(4, 2, Window.ofKernel(2, 2).withStride(2, 1), 1, true),
            Activation.TANH,
            new Flatten(),
            new Linear(2 * 2 * 3, 2, true)),
        of(
            "depthwise convolution, mse of one output",
            LossKind.MEAN_SQUARED_ERROR,
            Shape.of(3, 4, 4),
            new Conv2d(3, 6, Window.ofKernel(2, 2), 3, true),
            Activation.TANH,
            new Flatten(),
            new Linear(6 * 3 * 3, 1, false)));
  }

  /** Models with kinks. */
  static Stream<ObjectiveCase> kinked() {
    return Stream.of(
        of(
            "relu and overlapping padded pooling",
            LossKind.CROSS_ENTROPY,
            Shape.of(2, 6, 7),
            new Conv2d(2, 3, Window.ofKernel(3, 3).withPadding(1), 1, true),
            Activation.RELU,
            new MaxPool2d(Window.ofKernel(3, 2).withStride(2, 1).withPadding(1)),
            new Conv2d(3, 2, Window.ofKernel(2, 2).withStride(1, 2), 1, true),
            Activation.RELU,
            new Flatten(),
            new Linear(2 * 2 * 4, 4, true)),
        of(
            "dilated pooling of the input",
            LossKind.MEAN_SQUARED_ERROR,
            Shape.of(1, 6, 6),
            new MaxPool2d(Window.ofKernel(2, 2).withStride(1, 2).withDilation(2, 3)),
            new Conv2d(1, 2, Window.ofKernel(2, 1), 1, false),
            Activation.RELU));
  }

  static Stream<ObjectiveCase> every() {
    return Stream.of(examples(), smooth(), kinked()).flatMap(cases -> cases);
  }

  private static ObjectiveCase of(String name, LossKind loss, Shape input, Layer... layers) {
    return of(name, new Objective(new Sequential(input, List.of(layers)), loss.create()), SAMPLES);
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
