package org.samplegrad.core.layers;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.TreeMap;
import java.util.function.Function;
import org.samplegrad.core.backend.Shape;

/**
 * A layer by the name that model files use, which is PyTorch's in lower case. The catalogue has no
 * list of its own: a layer's file holds its kinds, in a public {@link Provider} that is annotated
 * with {@code @AutoService}.
 */
public final class LayerKind {

  /** The kinds of one layer; found through {@link ServiceLoader}. */
  interface Provider {
    List<LayerKind> kinds();
  }

  private final String label;
  private final Function<LayerOptions, Layer> factory;

  /**
   * @param factory makes the layer from its options; throws IllegalArgumentException if they do not
   *     fit
   */
  LayerKind(String label, Function<LayerOptions, Layer> factory) {
    this.label = label;
    this.factory = factory;
  }

  /** All names, in alphabetical order. */
  public static List<String> names() {
    return List.copyOf(Catalogue.BY_NAME.keySet());
  }

  public static Optional<LayerKind> named(String label) {
    return Optional.ofNullable(Catalogue.BY_NAME.get(label));
  }

  /**
   * @param options an object, by their names
   * @param inputShape of one sample that reaches the layer
   * @throws IllegalArgumentException if the layer has no such option or cannot take its value or
   *     the input; the message begins with the layer's name
   */
  public Layer create(JsonNode options, Shape inputShape) {
    LayerOptions read = new LayerOptions(label, options, inputShape);
    Layer layer = factory.apply(read);
    read.requireAllRead();
    return layer;
  }

  /** The name in model files. */
  @Override
  public String toString() {
    return label;
  }

  private static final class Catalogue {
    static final Map<String, LayerKind> BY_NAME = byName();

    private static Map<String, LayerKind> byName() {
      Map<String, LayerKind> kinds = new TreeMap<>();
      for (Provider provider :
          ServiceLoader.load(Provider.class, Provider.class.getClassLoader())) {
        for (LayerKind kind : provider.kinds()) {
          if (kinds.put(kind.label, kind) != null) {
            throw new IllegalStateException("Two layers have the name '%s'".formatted(kind.label));
          }
        }
      }
      return kinds;
    }
  }
}
