package org.samplegrad.core.losses;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The catalogue of losses by the names the command line uses. A new loss is one entry here. */
public enum LossKind {
  CROSS_ENTROPY("cross-entropy", CrossEntropy::of),
  MEAN_SQUARED_ERROR("mse", options -> new MeanSquaredError()),
  BINARY_CROSS_ENTROPY_WITH_LOGITS("bce-with-logits", BinaryCrossEntropyWithLogits::of),
  NEGATIVE_LOG_LIKELIHOOD("nll", NegativeLogLikelihood::of),
  ABSOLUTE_ERROR("l1", options -> new AbsoluteError()),
  HUBER("huber", Huber::of),
  SMOOTH_ABSOLUTE_ERROR("smooth-l1", SmoothAbsoluteError::of);

  private final String label;
  private final Function<LossOptions, Loss> factory;

  LossKind(String label, Function<LossOptions, Loss> factory) {
    this.label = label;
    this.factory = factory;
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
