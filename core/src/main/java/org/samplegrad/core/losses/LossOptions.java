package org.samplegrad.core.losses;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The options of one loss as text, read by their names; options nobody read are errors. */
final class LossOptions {
  private static final int MOST_WEIGHTS = 1 << 20;

  private final Map<String, String> values;
  private final Set<String> read = new TreeSet<>();

  LossOptions(Map<String, String> values) {
    this.values = values;
  }

  /** The names read so far, in alphabetical order. */
  List<String> namesRead() {
    return List.copyOf(read);
  }

  double number(String name, double fallback) {
    String text = text(name);
    return text == null ? fallback : number(name, text);
  }

  /** Null if it is not given. */
  Integer integer(String name) {
    String text = text(name);
    try {
      return text == null ? null : Integer.valueOf(text.strip());
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "%s must be an integer; found '%s'".formatted(name, text), e);
    }
  }

  /** Numbers with commas between them. */
  Weights weights(String name) {
    String text = text(name);
    if (text == null) {
      return Weights.NONE;
    }
    String[] parts = text.split(",", MOST_WEIGHTS + 1);
    if (parts.length > MOST_WEIGHTS) {
      throw new IllegalArgumentException(
          "%s takes at most %d numbers".formatted(name, MOST_WEIGHTS));
    }
    double[] weights = Arrays.stream(parts).mapToDouble(part -> number(name, part)).toArray();
    try {
      return Weights.of(weights);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("%s: %s".formatted(name, e.getMessage()), e);
    }
  }

  /** One of the given words; the first of them if the option is not given. */
  String choice(String name, String... choices) {
    String text = text(name);
    if (text != null && !Arrays.asList(choices).contains(text)) {
      throw new IllegalArgumentException(
          "%s must be one of %s; found '%s'".formatted(name, String.join(", ", choices), text));
    }
    return text == null ? choices[0] : text;
  }

  private static double number(String name, String text) {
    try {
      double value = Double.parseDouble(text.strip());
      if (Double.isFinite(value)) {
        return value;
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("%s must be numbers; found '%s'".formatted(name, text), e);
    }
    throw new IllegalArgumentException("%s must be finite; found '%s'".formatted(name, text));
  }

  private String text(String name) {
    read.add(name);
    return values.get(name);
  }

  /** Refuses options that nobody asked for: a misspelt one must not be passed over. */
  void requireAllRead() {
    Set<String> unknown = new TreeSet<>(values.keySet());
    unknown.removeAll(read);
    if (!unknown.isEmpty()) {
      throw new IllegalArgumentException(
          "there is no option '%s'; %s"
              .formatted(
                  unknown.iterator().next(),
                  read.isEmpty()
                      ? "this loss has none"
                      : "choose one of " + String.join(", ", read)));
    }
  }
}
