package org.samplegrad.core.models;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Set;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Window;

/**
 * The options of one layer in a model file, read with their bounds; options nobody read are errors.
 */
final class LayerOptions {
  private final String kind;
  private final JsonNode options;
  private final Shape inputShape;
  private final Set<String> read = new HashSet<>();

  LayerOptions(String kind, JsonNode options, Shape inputShape) {
    this.kind = kind;
    this.options = options;
    this.inputShape = inputShape;
  }

  /** The shape of one sample that reaches the layer. */
  Shape inputShape() {
    return inputShape;
  }

  /** The extent of the input's first axis: features of a vector, channels of an image. */
  int inputs() {
    if (inputShape.rank() == 0) {
      throw problem("needs an input with at least one axis");
    }
    return inputShape.extent(0);
  }

  int required(String name) {
    if (!options.has(name)) {
      throw problem("needs the option '%s', an integer", name);
    }
    return integer(name, 0);
  }

  int integer(String name, int fallback) {
    read.add(name);
    return options.has(name) ? integer(name, options.get(name)) : fallback;
  }

  boolean flag(String name, boolean fallback) {
    read.add(name);
    if (!options.has(name)) {
      return fallback;
    }
    if (!options.get(name).isBoolean()) {
      throw problem("expects true or false for '%s', found %s", name, options.get(name));
    }
    return options.get(name).booleanValue();
  }

  /** Kernel, stride, padding and dilation, each an integer or {@code [height, width]}. */
  Window window(boolean strideIsKernel) {
    if (!options.has("kernel")) {
      throw problem("needs the option 'kernel', an integer or [height, width]");
    }
    int[] kernel = pair("kernel", null);
    int[] stride = pair("stride", strideIsKernel ? kernel : new int[] {1, 1});
    int[] padding = pair("padding", new int[] {0, 0});
    int[] dilation = pair("dilation", new int[] {1, 1});
    try {
      return Window.of(kernel, stride, padding, padding, dilation, false);
    } catch (IllegalArgumentException e) {
      throw problem("%s", e.getMessage());
    }
  }

  private int[] pair(String name, int[] fallback) {
    read.add(name);
    JsonNode value = options.get(name);
    if (value == null) {
      return fallback;
    }
    if (!value.isArray()) {
      int both = integer(name, value);
      return new int[] {both, both};
    }
    if (value.size() != 2) {
      throw problem("expects an integer or [height, width] for '%s', found %s", name, value);
    }
    return new int[] {integer(name, value.get(0)), integer(name, value.get(1))};
  }

  private int integer(String name, JsonNode value) {
    if (!value.isIntegralNumber() || !value.canConvertToInt()) {
      throw problem("expects an integer for '%s', found %s", name, value);
    }
    return value.intValue();
  }

  /** Refuses options that nobody asked for: a misspelt one must not be passed over. */
  void requireAllRead() {
    for (Iterator<String> names = options.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (!read.contains(name)) {
        throw problem(
            "has no option '%s'; it has %s",
            name, read.isEmpty() ? "none" : String.join(", ", read.stream().sorted().toList()));
      }
    }
  }

  private IllegalArgumentException problem(String message, Object... arguments) {
    return new IllegalArgumentException(kind + " " + message.formatted(arguments));
  }
}
