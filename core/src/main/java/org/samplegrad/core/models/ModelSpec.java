package org.samplegrad.core.models;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.CharConversionException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Set;
import java.util.TreeSet;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.layers.Arithmetic;
import org.samplegrad.core.layers.Layer;
import org.samplegrad.core.layers.LayerKind;

/**
 * Reads models written as JSON: {@code {"input": [1, 28, 28], "layers": [{"conv2d": {"out": 5,
 * "kernel": 5}}, "relu", ...]}}. A residual block is {@code {"residual": {"layers": [...],
 * "shortcut": [...]}}}, the shortcut being the identity if left out.
 *
 * <p>Parameters are named by the positions of their layers, {@code 0.weight}, and in the residual
 * block at position 3 {@code 3.layers.0.weight} and {@code 3.shortcut.0.weight}: as those of nested
 * {@code torch.nn.Sequential}s.
 */
public final class ModelSpec {
  private static final int LARGEST_FILE = 1 << 20;
  private static final int MOST_LAYERS = 10_000;

  /** Residual blocks inside of residual blocks. */
  private static final int DEEPEST_NESTING = 16;

  private static final int MOST_AXES = 8;

  /** Layers whose output is added to their input, or to what other layers make of it. */
  static final String RESIDUAL = "residual";

  private static final String LAYERS = "layers";
  private static final String SHORTCUT = "shortcut";

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private ModelSpec() {}

  /**
   * @param name the file's name, for messages
   * @throws UnusableModelException if the file is not such a model; the message names the place
   * @throws IOException if the stream cannot be read
   */
  public static Model read(String name, InputStream stream) throws IOException {
    byte[] bytes = stream.readNBytes(LARGEST_FILE + 1);
    if (bytes.length > LARGEST_FILE) {
      throw new UnusableModelException(
          "Model file '%s' is larger than %d bytes, the most a JSON model may have"
              .formatted(name, LARGEST_FILE));
    }
    try {
      return model(MAPPER.readTree(bytes));
    } catch (JsonProcessingException e) {
      throw new UnusableModelException(
          "Model file '%s' is not JSON: %s%s".formatted(name, e.getOriginalMessage(), location(e)),
          e);
    } catch (CharConversionException e) {
      throw new UnusableModelException(
          "Model file '%s' is not JSON: %s".formatted(name, e.getMessage()), e);
    } catch (IllegalArgumentException | UnusableModelException e) {
      throw new UnusableModelException("Model file '%s': %s".formatted(name, e.getMessage()), e);
    }
  }

  private static String location(JsonProcessingException e) {
    return e.getLocation() == null
        ? ""
        : " (line %d, column %d)"
            .formatted(e.getLocation().getLineNr(), e.getLocation().getColumnNr());
  }

  private static Model model(JsonNode root) {
    if (!root.isObject()) {
      throw new IllegalArgumentException("expected an object with 'input' and 'layers'");
    }
    Set<String> unknown = new TreeSet<>();
    root.fieldNames().forEachRemaining(unknown::add);
    unknown.removeAll(Set.of("input", LAYERS));
    if (!unknown.isEmpty()) {
      throw new IllegalArgumentException(
          "unknown entry '%s'; a model has 'input' and 'layers'"
              .formatted(unknown.iterator().next()));
    }
    Shape input = inputShape(root.get("input"));
    JsonNode layers = root.get(LAYERS);
    if (layers == null || !layers.isArray() || layers.isEmpty()) {
      throw new IllegalArgumentException(
          "'layers' must be an array of 1 to %d layers".formatted(MOST_LAYERS));
    }
    requireCount(count(layers, 0));
    Graph.Builder builder = Graph.builder(input);
    return builder.build(append(builder, "", layers, builder.input()));
  }

  /** The layers and residual blocks, also those in other blocks. */
  private static int count(JsonNode layers, int depth) {
    if (depth > DEEPEST_NESTING && !layers.isEmpty()) {
      throw new IllegalArgumentException(
          "residual blocks are nested more than %d deep".formatted(DEEPEST_NESTING));
    }
    int count = 0;
    for (JsonNode layer : layers) {
      JsonNode block = layer.path(RESIDUAL);
      count += 1 + count(block.path(LAYERS), depth + 1) + count(block.path(SHORTCUT), depth + 1);
    }
    return count;
  }

  private static void requireCount(int count) {
    if (count > MOST_LAYERS) {
      throw new IllegalArgumentException(
          "'layers' must be an array of 1 to %d layers, those in residual blocks included"
              .formatted(MOST_LAYERS));
    }
  }

  private static Shape inputShape(JsonNode input) {
    String expected =
        "'input' must be the shape of one sample, an array of 1 to %d positive integers; found %s"
            .formatted(MOST_AXES, input);
    if (input == null || !input.isArray() || input.isEmpty() || input.size() > MOST_AXES) {
      throw new IllegalArgumentException(expected);
    }
    int[] extents = new int[input.size()];
    for (int axis = 0; axis < extents.length; axis++) {
      JsonNode extent = input.get(axis);
      if (!extent.isIntegralNumber() || !extent.canConvertToInt() || extent.intValue() < 1) {
        throw new IllegalArgumentException(expected);
      }
      extents[axis] = extent.intValue();
    }
    return Shape.of(extents);
  }

  private static int append(Graph.Builder builder, String prefix, JsonNode layers, int input) {
    int value = input;
    int index = 0;
    for (JsonNode layer : layers) {
      String name = prefix + index++;
      try {
        value =
            layer.has(RESIDUAL) && layer.size() == 1
                ? residual(builder, name, layer.get(RESIDUAL), value)
                : builder.apply(name, layer(layer, builder.shape(value)), value);
      } catch (IllegalArgumentException e) {
        throw new UnusableModelException("Layer %s: %s".formatted(name, e.getMessage()), e);
      }
    }
    return value;
  }

  private static int residual(Graph.Builder builder, String name, JsonNode block, int input) {
    JsonNode layers = block.path(LAYERS);
    JsonNode shortcut = block.path(SHORTCUT);
    int known = block.has(SHORTCUT) ? 2 : 1;
    if (block.size() != known
        || !layers.isArray()
        || layers.isEmpty()
        || (block.has(SHORTCUT) && !shortcut.isArray())) {
      throw new IllegalArgumentException(
          "expected {\"residual\": {\"layers\": [...], \"shortcut\": [...]}}, where the shortcut"
              + " may be left out");
    }
    int main = append(builder, name + "." + LAYERS + ".", layers, input);
    int other = append(builder, name + "." + SHORTCUT + ".", shortcut, input);
    if (!builder.shape(main).equals(builder.shape(other))) {
      throw new IllegalArgumentException(
          "a residual block adds outputs of one shape; its layers give %s, its shortcut %s"
              .formatted(builder.shape(main), builder.shape(other)));
    }
    return builder.combine(Arithmetic.ADD, main, other);
  }

  private static Layer layer(JsonNode node, Shape input) {
    String kind;
    JsonNode options = JsonNodeFactory.instance.objectNode();
    if (node.isTextual()) {
      kind = node.textValue();
    } else if (node.isObject() && node.size() == 1) {
      kind = node.fieldNames().next();
      options = node.get(kind);
    } else {
      throw new IllegalArgumentException(
          "expected a name or an object with one name and its options, such as {\"linear\": {\"out\":"
              + " 10}}");
    }
    if (!options.isObject()) {
      throw new IllegalArgumentException(
          "the options of '%s' must be an object, found %s".formatted(kind, options));
    }
    String name = kind;
    return LayerKind.named(kind)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "unknown layer '%s'; choose one of %s, %s"
                        .formatted(name, String.join(", ", LayerKind.names()), RESIDUAL)))
        .create(options, input);
  }
}
