package org.samplegrad.core.models;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Window;
import org.samplegrad.core.layers.Activation;
import org.samplegrad.core.layers.Convolution;
import org.samplegrad.core.layers.Flatten;
import org.samplegrad.core.layers.Linear;
import org.samplegrad.core.layers.MaxPool;
import org.samplegrad.core.losses.LossKind;

/**
 * The three models of BackPACK's page on the gradient of the variance, with the loss used there.
 */
public enum ExampleModel {
  LINEAR("linear", "mse", () -> new Sequential(Shape.of(2), List.of(new Linear(2, 1, false)))),

  MNIST_LOGISTIC(
      "mnist-logistic",
      "cross-entropy",
      () ->
          new Sequential(
              Shape.of(1, 28, 28), List.of(new Flatten(), new Linear(28 * 28, 10, true)))),

  MNIST_CNN(
      "mnist-cnn",
      "cross-entropy",
      () ->
          new Sequential(
              Shape.of(1, 28, 28),
              List.of(
                  new Convolution(1, 5, Window.ofKernel(5, 5), 1, true),
                  Activation.RELU,
                  new MaxPool(Window.ofKernel(2, 2).withStride(2)),
                  new Flatten(),
                  new Linear(5 * 12 * 12, 10, true))));

  private final String label;
  private final LossKind loss;
  private final Supplier<Model> factory;

  ExampleModel(String label, String loss, Supplier<Model> factory) {
    this.label = label;
    this.loss = LossKind.named(loss);
    this.factory = factory;
  }

  public Model create() {
    return factory.get();
  }

  public LossKind loss() {
    return loss;
  }

  public static Optional<ExampleModel> named(String label) {
    return Arrays.stream(values()).filter(model -> model.label.equals(label)).findFirst();
  }

  /** The name by which the command line selects this model. */
  @Override
  public String toString() {
    return label;
  }
}
