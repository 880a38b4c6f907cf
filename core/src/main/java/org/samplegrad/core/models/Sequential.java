package org.samplegrad.core.models;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.layers.Layer;
import org.samplegrad.core.layers.ParameterSpec;
import org.samplegrad.core.layers.ParametricLayer;
import org.samplegrad.core.models.ForwardTrace.LayerUse;
import org.samplegrad.core.parameters.ParameterLayout;
import org.samplegrad.core.parameters.ParameterVector;

/**
 * Layers one after the other. A parameter is named by its layer's position and its own name, {@code
 * 0.weight}, as in {@code torch.nn.Sequential}.
 */
public final class Sequential implements Model {
  private static final long serialVersionUID = 1L;

  private final Shape inputShape;
  private final Shape outputShape;
  private final ArrayList<Layer> layers;
  private final ParameterLayout layout;
  private final long elementsPerSample;

  /**
   * @throws UnusableModelException if a layer cannot take what the one before it gives; the message
   *     names the layer
   */
  public Sequential(Shape inputShape, List<? extends Layer> layers) {
    this.inputShape = inputShape;
    this.layers = new ArrayList<>(layers);
    List<String> names = new ArrayList<>();
    List<Shape> shapes = new ArrayList<>();
    Shape shape = inputShape;
    long elements = inputShape.size();
    for (int index = 0; index < layers.size(); index++) {
      Layer layer = layers.get(index);
      try {
        elements += scratch(layer, shape);
        shape = layer.outputShape(shape);
        elements += shape.size();
      } catch (IllegalArgumentException e) {
        throw new UnusableModelException("Layer %d: %s".formatted(index, e.getMessage()), e);
      }
      for (ParameterSpec parameter : layer.parameters()) {
        names.add(index + "." + parameter.name());
        shapes.add(parameter.shape());
      }
    }
    this.outputShape = shape;
    this.elementsPerSample = elements;
    try {
      this.layout = new ParameterLayout(names, shapes);
    } catch (IllegalArgumentException e) {
      throw new UnusableModelException(e.getMessage(), e);
    }
  }

  private static long scratch(Layer layer, Shape shape) {
    long elements = layer.scratchElements(shape);
    if (elements > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "one sample of shape %s needs a working array of %d elements, more than an array can hold"
              .formatted(shape, elements));
    }
    return elements;
  }

  @Override
  public Shape inputShape() {
    return inputShape;
  }

  @Override
  public Shape outputShape() {
    return outputShape;
  }

  @Override
  public ParameterLayout parameters() {
    return layout;
  }

  @Override
  public ParameterVector initialParameters(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    double[] values = new double[layout.size()];
    int next = 0;
    for (Layer layer : layers) {
      for (ParameterSpec parameter : layer.parameters()) {
        for (int i = 0; i < parameter.shape().size(); i++) {
          values[next++] = (float) ((2 * random.nextDouble() - 1) * parameter.initialBound());
        }
      }
    }
    return new ParameterVector(layout, values);
  }

  @Override
  public long elementsPerSample() {
    return elementsPerSample;
  }

  @Override
  public ForwardTrace forward(List<Variable> parameters, Variable input) {
    List<LayerUse> uses = new ArrayList<>();
    Variable x = input;
    int first = 0;
    for (Layer layer : layers) {
      int count = layer.parameters().size();
      Variable y = layer.forward(parameters.subList(first, first + count), x);
      if (layer instanceof ParametricLayer parametric) {
        uses.add(new LayerUse(parametric, first, x, y));
      }
      first += count;
      x = y;
    }
    return new ForwardTrace(x, uses);
  }
}
