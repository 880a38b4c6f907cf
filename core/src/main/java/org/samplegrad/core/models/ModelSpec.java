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
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.layers.Layer;

/**
 * Reads models written as JSON: {@code {"input": [1, 28, 28], "layers": [{"conv2d": {"out": 5,
 * "kernel": 5}}, "relu", ...]}}.
 */
public final class ModelSpec {
  private static final int LARGEST_FILE = 1 << 20;
  private static final int MOST_LAYERS = 10_000;
  private static final int MOST_AXES = 8;

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
    unknown.removeAll(Set.of("input", "layers"));
    if (!unknown.isEmpty()) {
      throw new IllegalArgumentException(
          "unknown entry '%s'; a model has 'input' and 'layers'"
              .formatted(unknown.iterator().next()));
    }
    Shape input = inputShape(root.get("input"));
    JsonNode layers = root.get("layers");
    if (layers == null || !layers.isArray() || layers.isEmpty() || layers.size() > MOST_LAYERS) {
      throw new IllegalArgumentException(
          "'layers' must be an array of 1 to %d layers".formatted(MOST_LAYERS));
    }
    return new Sequential(input, layers(layers, input));
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

  private static List<Layer> layers(JsonNode nodes, Shape input) {
    List<Layer> layers = new ArrayList<>();
    Shape shape = input;
    for (JsonNode node : nodes) {
      try {
        Layer layer = layer(node, shape);
        shape = layer.outputShape(shape);
        layers.add(layer);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            "Layer %d: %s".formatted(layers.size(), e.getMessage()), e);
      }
    }
    return layers;
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
    LayerOptions read = new LayerOptions(kind, options, input);
    Layer layer = LayerKind.named(kind).apply(read);
    read.requireAllRead();
    return layer;
  }
}
