package org.samplegrad.core.layers;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.samplegrad.core.backend.NaiveArray;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Window;

/**
 * A layer and the shape of one sample it takes.
 *
 * @param misfits shapes that the layer must refuse
 */
record LayerCase(Layer layer, Shape inputShape, List<Shape> misfits) {
  private static final Window KERNEL = Window.ofKernel(3, 2);
  private static final Window STRIDE = Window.ofKernel(2, 3).withStride(2, 3);
  private static final Window PADDING = Window.ofKernel(3, 2).withPadding(2, 1);
  private static final Window DILATION = Window.ofKernel(2, 2).withDilation(3, 2);
  private static final Window EVERYTHING =
      Window.ofKernel(3, 2).withStride(2, 1).withPadding(1).withDilation(2, 3);
  private static final Window PAIRS = Window.ofKernel(2, 2).withStride(2);
  private static final Shape PLANE = Shape.of(1, 5, 6);
  private static final Shape PLANES = Shape.of(4, 5, 6);

  static List<LayerCase> all() {
    List<LayerCase> cases = new ArrayList<>();
    cases.add(linear(new Linear(3, 4, true)));
    cases.add(linear(new Linear(3, 4, false)));
    cases.add(linear(new Linear(1, 1, true)));
    cases.add(convolution(new Conv2d(1, 3, KERNEL, 1, true), PLANE));
    cases.add(convolution(new Conv2d(4, 3, KERNEL, 1, false), PLANES));
    cases.add(convolution(new Conv2d(4, 2, STRIDE, 1, true), PLANES));
    cases.add(convolution(new Conv2d(4, 2, PADDING, 1, true), PLANES));
    cases.add(convolution(new Conv2d(4, 2, DILATION, 1, true), PLANES));
    cases.add(convolution(new Conv2d(4, 6, KERNEL, 2, true), PLANES));
    cases.add(convolution(new Conv2d(4, 4, PAIRS, 4, true), PLANES));
    cases.add(convolution(new Conv2d(4, 2, EVERYTHING, 2, false), PLANES));
    cases.add(convolution(onePosition(), PLANES));
    for (Activation activation : Activation.values()) {
      cases.add(new LayerCase(activation, Shape.of(2, 3), List.of()));
    }
    cases.add(pool(PAIRS));
    cases.add(pool(Window.ofKernel(3, 2).withStride(1, 2).withPadding(1)));
    cases.add(pool(Window.ofKernel(2, 2).withDilation(3, 2)));
    cases.add(new LayerCase(new Flatten(), Shape.of(2, 3, 2), List.of()));
    cases.add(new LayerCase(new Flatten(), Shape.of(3), List.of()));
    return cases;
  }

  /** Few positions and many channels: here norms are cheaper from the Gram matrices. */
  private static Conv2d onePosition() {
    Window whole = Window.ofKernel(PLANES.extent(1), PLANES.extent(2));
    return new Conv2d(PLANES.extent(0), 5, whole, 1, true);
  }

  private static LayerCase linear(Linear layer) {
    int inputs = layer.inputs();
    return new LayerCase(
        layer,
        Shape.of(inputs),
        List.of(Shape.of(inputs + 1), Shape.of(1, inputs), Shape.scalar()));
  }

  private static LayerCase convolution(Conv2d layer, Shape input) {
    return new LayerCase(
        layer,
        input,
        List.of(
            Shape.of(layer.inputs() + 1, input.extent(1), input.extent(2)),
            input.dropFirst(),
            input.prepend(1)));
  }

  private static LayerCase pool(Window window) {
    return new LayerCase(
        new MaxPool2d(window),
        PLANES,
        List.of(PLANES.dropFirst(), PLANES.prepend(2), Shape.of(4, 5, 0)));
  }

  /** Random parameters in the order that the layer takes them. */
  List<NaiveArray> parameters(Random random) {
    return layer.parameters().stream()
        .map(parameter -> NaiveArray.random(random, parameter.shape().extents()))
        .toList();
  }

  /** A block of inputs away from kinks and from ties. */
  NaiveArray block(Random random, int samples) {
    return NaiveArray.separated(random, inputShape.prepend(samples).extents());
  }

  Shape outputShape(int samples) {
    return layer.outputShape(inputShape).prepend(samples);
  }

  @Override
  public String toString() {
    return layer + " on " + Arrays.toString(inputShape.extents());
  }
}
