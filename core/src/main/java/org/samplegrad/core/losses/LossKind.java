package org.samplegrad.core.losses;

import java.util.Arrays;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** The catalogue of losses by the names the command line uses. A new loss is one entry here. */
public enum LossKind {
  CROSS_ENTROPY("cross-entropy", CrossEntropy::new),
  MEAN_SQUARED_ERROR("mse", MeanSquaredError::new),
  BINARY_CROSS_ENTROPY_WITH_LOGITS("bce-with-logits", BinaryCrossEntropyWithLogits::new);

  private final String label;
  private final Supplier<Loss> factory;

  LossKind(String label, Supplier<Loss> factory) {
    this.label = label;
    this.factory = factory;
  }

  public Loss create() {
    return factory.get();
  }

  /**
   * @throws IllegalArgumentException if there is no such loss; the message lists the choices
   */
  public static LossKind named(String label) {
    return Arrays.stream(values())
        .filter(kind -> kind.label.equals(label))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Unknown loss '%s'; choose one of %s".formatted(label, choices())));
  }

  public static String choices() {
    return Arrays.stream(values()).map(LossKind::toString).collect(Collectors.joining(", "));
  }

  @Override
  public String toString() {
    return label;
  }
}
