package org.samplegrad.core.losses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.samplegrad.core.backend.Shape;

/** Options as text become the losses of the Java API, or are refused with what was expected. */
class LossOptionsTest {
  private static final Shape THREE_OUTPUTS = Shape.of(3);

  private static Loss loss(String kind, String... namesAndValues) {
    Map<String, String> options = new HashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      options.put(namesAndValues[i], namesAndValues[i + 1]);
    }
    return LossKind.named(kind).create(options);
  }

  @Test
  void areWhatTheConstructorsTake() {
    assertThat(loss("cross-entropy")).isEqualTo(new CrossEntropy());
    assertThat(
            loss(
                "cross-entropy",
                "class-weights",
                "0.5, 1,2e0",
                "ignore-index",
                "-100",
                "label-smoothing",
                "0.1",
                "target",
                "classes"))
        .isEqualTo(new CrossEntropy(Weights.of(0.5, 1, 2), -100, 0.1));
    assertThat(loss("cross-entropy", "target", "probabilities"))
        .isEqualTo(new CrossEntropyOfProbabilities(Weights.NONE, 0));
    assertThat(loss("bce-with-logits", "pos-weight", "3"))
        .isEqualTo(new BinaryCrossEntropyWithLogits(Weights.of(3), Weights.NONE));
    assertThat(loss("huber", "delta", "0.25")).isEqualTo(new Huber(0.25));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "huber           | delta           | 0     | delta must be above 0; found 0.0",
        "huber           | delta           | -1    | delta must be above 0; found -1.0",
        "huber           | delta           | NaN   | delta must be finite; found 'NaN'",
        "huber           | delta           | 1e999 | delta must be finite",
        "huber           | delta           | wide  | delta must be numbers; found 'wide'",
        "smooth-l1       | beta            | 0     | beta must be above 0",
        "cross-entropy   | label-smoothing | 1.5   | label-smoothing must be from 0 to 1; found 1.5",
        "cross-entropy   | ignore-index    | 1.5   | ignore-index must be an integer; found '1.5'",
        "cross-entropy   | ignore-index    | 99999999999 | ignore-index must be an integer",
        "cross-entropy   | target          | class | target must be one of classes, probabilities",
        "cross-entropy   | class-weights   | 1,-1  | class-weights: a weight is a finite number",
        "cross-entropy   | class-weights   | 1,,1  | class-weights must be numbers; found ''",
        "cross-entropy   | class-weights   | 1,2,  | class-weights must be numbers; found ''",
        "bce-with-logits | pos-weight      | inf   | pos-weight must be numbers; found 'inf'",
        "mse             | delta           | 1     | there is no option 'delta'; this loss has none",
        "nll             | label-smoothing | 0.1   | choose one of class-weights, ignore-index"
      })
  void areRefusedWithWhatWasExpected(String kind, String name, String value, String message) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> loss(kind, name, value))
        .withMessageStartingWith("Loss " + kind + ": ")
        .withMessageContaining(message);
  }

  @Test
  void probabilitiesHaveNoLabelToIgnore() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> loss("cross-entropy", "target", "probabilities", "ignore-index", "0"))
        .withMessageContaining("ignore-index is for class indices");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "cross-entropy   | class-weights | 1,2     | has 2 numbers; expected 3, one for each class",
        "cross-entropy   | class-weights | 1       | has 1 number; expected 3, one for each class",
        "nll             | class-weights | 1,2,3,4 | has 4 numbers; expected 3, one for each class",
        "bce-with-logits | pos-weight    | 1,2     | has 2 numbers; expected 1, or 3",
        "bce-with-logits | weight        | 1,2,3,4 | has 4 numbers; expected 1, or 3"
      })
  void weightsMustBeAsManyAsClassesOrOutputs(String kind, String name, String value, String found) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> loss(kind, name, value).target(THREE_OUTPUTS))
        .withMessageContaining(name + " " + found);
  }
}
