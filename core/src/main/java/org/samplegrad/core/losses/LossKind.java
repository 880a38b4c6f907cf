package org.samplegrad.core.losses;

import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * A loss by the name that the command line uses. The catalogue has no list of its own: a loss's
 * file holds its kind, in a public {@link Provider} that is annotated with {@code @AutoService}.
 */
public final class LossKind {

  /** The kind of one loss; found through {@link ServiceLoader}. */
  interface Provider {
    LossKind kind();
  }

  private final String label;
  private final Function<LossOptions, Loss> factory;

  /**
   * @param factory makes the loss from its options; throws IllegalArgumentException if they do not
   *     fit
   */
  LossKind(String label, Function<LossOptions, Loss> factory) {
    this.label = label;
    this.factory = factory;
  }

  /** All losses, in alphabetical order. */
  public static Collection<LossKind> all() {
    return Catalogue.BY_NAME.values();
  }

  /** The loss with its options as PyTorch sets them by default. */
  public Loss create() {
    return create(Map.of());
  }

  /**
   * @param options values by name, as text
   * @throws IllegalArgumentException if the loss has no such option or cannot take its value
   */
  public Loss create(Map<String, String> options) {
    LossOptions read = new LossOptions(options);
    try {
      Loss loss = factory.apply(read);
      read.requireAllRead();
      return loss;
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("Loss %s: %s".formatted(label, e.getMessage()), e);
    }
  }

  /** The names of the options this loss takes, in alphabetical order. */
  public List<String> optionNames() {
    LossOptions read = new LossOptions(Map.of());
    factory.apply(read);
    return read.namesRead();
  }

  /**
   * @throws IllegalArgumentException if there is no such loss; the message lists the choices
   */
  public static LossKind named(String label) {
    LossKind kind = Catalogue.BY_NAME.get(label);
    if (kind == null) {
      throw new IllegalArgumentException(
          "Unknown loss '%s'; choose one of %s".formatted(label, choices()));
    }
    return kind;
  }

  public static String choices() {
    return String.join(", ", Catalogue.BY_NAME.keySet());
  }

  /** The name on the command line. */
  @Override
  public String toString() {
    return label;
  }

  private static final class Catalogue {
    static final Map<String, LossKind> BY_NAME = byName();

    private static Map<String, LossKind> byName() {
      Map<String, LossKind> kinds = new TreeMap<>();
      for (Provider provider :
          ServiceLoader.load(Provider.class, Provider.class.getClassLoader())) {
        LossKind kind = provider.kind();
        if (kinds.put(kind.label, kind) != null) {
          throw new IllegalStateException("Two losses have the name '%s'".formatted(kind.label));
        }
      }
      return Collections.unmodifiableMap(kinds);
    }
  }
}
