package org.samplegrad.core.backend;

import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Collectors;

/** The catalogue of backends on the class path. */
public final class Backends {
  /** The name that stands for the preferred backend of the precision asked for. */
  public static final String AUTO = "auto";

  private Backends() {}

  /** The names {@link #open} accepts, {@code auto} first. */
  public static List<String> names() {
    List<String> names = providers().stream().map(BackendProvider::name).sorted().toList();
    return java.util.stream.Stream.concat(java.util.stream.Stream.of(AUTO), names.stream())
        .toList();
  }

  /**
   * Opens a backend by name, or the preferred one for {@code auto}.
   *
   * @throws BackendException if there is no such backend, it lacks the precision, or it cannot run
   *     here
   */
  public static Backend open(String name, Precision precision) {
    return provider(name, precision).open(precision);
  }

  /** Whether {@link #open} has something to open. */
  public static boolean offers(String name, Precision precision) {
    return providers().stream()
        .filter(provider -> name.equals(AUTO) || provider.name().equals(name))
        .anyMatch(provider -> provider.precisions().contains(precision));
  }

  /**
   * What {@link #open} would open, without opening it.
   *
   * @throws BackendException if there is no such backend or it lacks the precision
   */
  public static BackendProvider provider(String name, Precision precision) {
    List<BackendProvider> candidates =
        providers().stream()
            .filter(provider -> name.equals(AUTO) || provider.name().equals(name))
            .toList();
    if (candidates.isEmpty()) {
      throw new BackendException(
          "Unknown backend '%s'; choose one of %s".formatted(name, String.join(", ", names())));
    }
    return candidates.stream()
        .filter(provider -> provider.precisions().contains(precision))
        .max(Comparator.comparingInt(BackendProvider::preference))
        .orElseThrow(
            () ->
                new BackendException(
                    "The backend '%s' does not compute in %s; it offers %s"
                        .formatted(name, precision, precisionsOf(candidates))));
  }

  private static String precisionsOf(List<BackendProvider> providers) {
    return providers.stream()
        .flatMap(provider -> provider.precisions().stream())
        .distinct()
        .map(Precision::toString)
        .collect(Collectors.joining(", "));
  }

  private static List<BackendProvider> providers() {
    return ServiceLoader.load(BackendProvider.class, BackendProvider.class.getClassLoader())
        .stream()
        .map(ServiceLoader.Provider::get)
        .toList();
  }
}
