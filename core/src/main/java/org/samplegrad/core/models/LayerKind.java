package org.samplegrad.core.models;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.samplegrad.core.layers.Activation;
import org.samplegrad.core.layers.Convolution;
import org.samplegrad.core.layers.Flatten;
import org.samplegrad.core.layers.Layer;
import org.samplegrad.core.layers.Linear;
import org.samplegrad.core.layers.MaxPool;

/**
 * The catalogue of layers by the names model files use. A new layer is one entry here; activations
 * come from {@link Activation} by themselves.
 */
enum LayerKind {
  CONV2D(
      "conv2d",
      options ->
          new Convolution(
              options.inputs(),
              options.required("out"),
              options.window(false),
              options.integer("groups", 1),
              options.flag("bias", true))),
  MAXPOOL2D("maxpool2d", options -> new MaxPool(options.window(true))),
  FLATTEN("flatten", options -> new Flatten()),
  LINEAR(
      "linear",
      options -> new Linear(options.inputs(), options.required("out"), options.flag("bias", true)));

  private static final Map<String, Function<LayerOptions, Layer>> FACTORIES = factories();

  private final String label;
  private final Function<LayerOptions, Layer> factory;

  LayerKind(String label, Function<LayerOptions, Layer> factory) {
    this.label = label;
    this.factory = factory;
  }

  private static Map<String, Function<LayerOptions, Layer>> factories() {
    Map<String, Function<LayerOptions, Layer>> factories = new LinkedHashMap<>();
    Arrays.stream(values()).forEach(kind -> factories.put(kind.label, kind.factory));
    for (Activation activation : Activation.values()) {
      factories.put(activation.toString(), options -> activation);
    }
    return factories;
  }

  /** The layer of a name, or an IllegalArgumentException that lists the names. */
  static Function<LayerOptions, Layer> named(String label) {
    Function<LayerOptions, Layer> factory = FACTORIES.get(label);
    if (factory == null) {
      throw new IllegalArgumentException(
          "unknown layer '%s'; choose one of %s"
              .formatted(label, String.join(", ", FACTORIES.keySet())));
    }
    return factory;
  }
}
