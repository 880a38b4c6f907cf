package org.samplegrad.core.layers;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Window;

/**
 * The options of one layer in a model file, read with their bounds; options nobody read are errors.
 */
final class LayerOptions {
  private static final int MOST_AXES = 8;

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

  /** The extent of the input's first axis. */
  int channels() {
    return extent(0);
  }

  /** The extent of the input's last axis. */
  int features() {
    return extent(-1);
  }

  private int extent(int axis) {
    if (inputShape.rank() == 0) {
      throw problem("needs an input with at least one axis");
    }
    return inputShape.extent(axis);
  }

  void requireAxes(int fewest, int most) {
    if (inputShape.rank() < fewest || inputShape.rank() > most) {
      throw problem(
          "expects an input with %s axes, channels first, found %s",
          fewest == most ? fewest : fewest + " to " + most, inputShape);
    }
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

  double number(String name, double fallback) {
    read.add(name);
    return options.has(name) ? number(name, options.get(name)) : fallback;
  }

  double requiredNumber(String name) {
    if (!options.has(name)) {
      throw problem("needs the option '%s', a number", name);
    }
    return number(name, 0);
  }

  private double number(String name, JsonNode value) {
    if (!value.isNumber() || !Double.isFinite(value.doubleValue())) {
      throw problem("expects a number for '%s', found %s", name, value);
    }
    return value.doubleValue();
  }

  /** One of several words, the first if there is none. */
  String choice(String name, String... words) {
    read.add(name);
    JsonNode value = options.get(name);
    if (value == null) {
      return words[0];
    }
    if (!Arrays.asList(words).contains(value.textValue())) {
      throw problem("expects one of %s for '%s', found %s", String.join(", ", words), name, value);
    }
    return value.textValue();
  }

  /** A number for each channel, or an empty list if there is no such option. */
  List<Double> numbers(String name) {
    read.add(name);
    JsonNode value = options.get(name);
    if (value == null) {
      return List.of();
    }
    if (!value.isArray() || value.size() != channels()) {
      throw problem("expects an array of %d numbers for '%s'", channels(), name);
    }
    List<Double> numbers = new ArrayList<>();
    value.forEach(element -> numbers.add(number(name, element)));
    return numbers;
  }

  /** An integer for each of some axes. */
  List<Integer> integers(String name) {
    read.add(name);
    JsonNode value = options.get(name);
    if (value == null || !value.isArray() || value.size() > MOST_AXES) {
      throw problem("needs the option '%s', an array of at most %d integers", name, MOST_AXES);
    }
    List<Integer> integers = new ArrayList<>();
    value.forEach(element -> integers.add(integer(name, element)));
    return integers;
  }

  /** A shape with as many elements as the input; -1 stands for an extent that follows. */
  Shape reshaped(String name) {
    int[] extents = integers(name).stream().mapToInt(Integer::intValue).toArray();
    int open = -1;
    long known = 1;
    for (int axis = 0; axis < extents.length; axis++) {
      if (extents[axis] == -1 && open < 0) {
        open = axis;
      } else if (extents[axis] < 1) {
        throw problem("expects positive integers and at most one -1 for '%s'", name);
      } else {
        known = Math.min(known * extents[axis], Integer.MAX_VALUE);
      }
    }
    if (open >= 0) {
      extents[open] = (int) Math.max(1, inputShape.size() / known);
    }
    return Shape.of(extents);
  }

  /**
   * Kernel, stride, padding and dilation, each an integer or one for each axis; padding may also be
   * {@code [before, after]} for each axis.
   */
  Window window(int axes, boolean strideIsKernel) {
    if (!options.has("kernel")) {
      throw problem("needs the option 'kernel', an integer or %s", axisNames(axes));
    }
    int[] ones = IntStream.generate(() -> 1).limit(axes).toArray();
    int[] kernel = each("kernel", axes, null);
    int[] stride = each("stride", axes, strideIsKernel ? kernel : ones);
    int[] dilation = each("dilation", axes, ones);
    int[] before = new int[axes];
    int[] after = new int[axes];
    padding(before, after);
    try {
      return Window.of(kernel, stride, before, after, dilation, false);
    } catch (IllegalArgumentException e) {
      throw problem("%s", e.getMessage());
    }
  }

  private void padding(int[] before, int[] after) {
    JsonNode value = options.get("padding");
    if (value == null || !value.isArray() || !value.path(0).isArray()) {
      int[] both = each("padding", before.length, before);
      System.arraycopy(both, 0, before, 0, both.length);
      System.arraycopy(both, 0, after, 0, both.length);
      return;
    }
    read.add("padding");
    for (int axis = 0; axis < before.length; axis++) {
      JsonNode pair = value.path(axis);
      if (value.size() != before.length || !pair.isArray() || pair.size() != 2) {
        throw problem(
            "expects [before, after] for each of %d axes for 'padding', found %s",
            before.length, value);
      }
      before[axis] = integer("padding", pair.get(0));
      after[axis] = integer("padding", pair.get(1));
    }
  }

  private static String axisNames(int axes) {
    return List.of("[length]", "[height, width]", "[depth, height, width]").get(axes - 1);
  }

  private int[] each(String name, int axes, int[] fallback) {
    read.add(name);
    JsonNode value = options.get(name);
    if (value == null) {
      return fallback;
    }
    if (value.isArray() && value.size() != axes) {
      throw problem("expects an integer or %s for '%s', found %s", axisNames(axes), name, value);
    }
    return IntStream.range(0, axes)
        .map(axis -> integer(name, value.isArray() ? value.get(axis) : value))
        .toArray();
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
