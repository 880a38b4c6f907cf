package org.samplegrad.datasets.spark;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.losses.TargetSpec;
import org.samplegrad.core.passes.Block;
import org.samplegrad.datasets.BlockBuilder;
import org.samplegrad.datasets.SampleFormat;

class TextNumbersTest {
  private final BlockBuilder builder =
      new BlockBuilder(
          new SampleFormat(Shape.of(2, 2), new TargetSpec.Numbers(1), Precision.FLOAT64), 1);

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[1, -2.5, 3e-1, 0.1]",
        "' [1.0,-2.5,0.3,0.1]\n'",
        "[[1, -2.5], [0.3, 0.1]]",
        "[[[1], [-2.5]], [[0.3], [0.1]]]"
      })
  void arraysOfNumbers(String text) {
    assertThat(TextNumbers.read(text, builder.features())).isNull();
    assertThat(TextNumbers.read("12", builder.label())).isNull();
    builder.commit();
    assertThat(builder.build())
        .usingRecursiveComparison()
        .isEqualTo(
            Block.of(1, Shape.of(2, 2), new double[] {1, -2.5, 0.3, 0.1}, new double[] {12}));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[1, 2, 3]            | has 3 numbers; expected 4",
        "[1, 2, 3, 4, 5, 6, 7, 8, 9] | has 9 numbers; expected 4",
        "7                    | has 1 number; expected 4",
        "[]                   | has 0 numbers; expected 4",
        "[1, 2, null, 4]      | holds null at position 2",
        "[[1, 2], null]       | holds null at position 2",
        "[1, 2, NaN, 4]       | holds NaN at position 2",
        "[1, 2, 3, -1e999]    | holds -Infinity at position 3",
        "[[1, 2], [3]]        | has inner arrays of different lengths, 2 and 1",
        "[[1, 2], []]         | has inner arrays of different lengths, 2 and 0",
        "[1, [2, 3, 4]]       | holds numbers and arrays side by side",
        "[[1, 2, 3], 4]       | holds numbers and arrays side by side",
        "[1, [2], 3, 4]       | holds numbers and arrays side by side",
        "[[1, 2], [3, [4]]]   | holds numbers and arrays side by side",
        "[[[1]], [2], [3, 4]] | holds numbers and arrays side by side",
        "[[1], [2], [3], [4]] | ok",
        "[[1, 2, 3, 4]]       | ok",
        "[1, 2, 3, 4] 5       | holds the text '[1, 2, 3, 4] 5'; expected a number",
        "[1, 2, 3, 4          | holds the text '[1, 2, 3, 4'; expected a number",
        "[1, 2, 3, true]      | holds the text",
        "[1, 2, 3, 'x']       | holds the text",
        "cat                  | holds the text 'cat'; expected a number, a class by its number",
        "null                 | holds the text 'null'",
        "{}                   | holds the text '{}'",
        "01                   | holds the text '01'",
        "''                   | holds the text ''"
      })
  void whatIsNone(String text, String problem) {
    String found = TextNumbers.read(text.strip(), builder.features());
    if (problem.equals("ok")) {
      assertThat(found).isNull();
    } else {
      assertThat(found).startsWith(problem);
    }
  }

  @Test
  void anotherArrangement() {
    BlockBuilder images =
        new BlockBuilder(
            new SampleFormat(Shape.of(2, 3), new TargetSpec.Numbers(1), Precision.FLOAT64), 1);
    assertThat(TextNumbers.read("[[1, 2], [3, 4], [5, 6]]", images.features()))
        .contains("shape [3, 2]; expected [2, 3]");
    assertThat(TextNumbers.read("[1, 2, 3, 4, 5, 6]", images.features())).isNull();
  }

  @Test
  void longAndDeepTexts() {
    String text = "x".repeat(1000);
    assertThat(TextNumbers.read(text, builder.features()))
        .startsWith("holds the text '" + "x".repeat(40) + "...'");
    String exact = "x".repeat(40);
    assertThat(TextNumbers.read(exact, builder.features())).contains("'" + exact + "'");
    String deep = "[".repeat(1000) + "1" + "]".repeat(1000);
    assertThat(TextNumbers.read(deep, builder.features())).startsWith("holds the text '[[[");
    String sixteen = "[".repeat(16) + "1" + "]".repeat(16);
    assertThat(TextNumbers.read(sixteen, builder.label())).isNull();
  }
}
