package org.samplegrad.datasets;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.losses.TargetSpec;
import org.samplegrad.core.passes.Block;

class BlockBuilderTest {
  private static final TargetSpec NUMBER = new TargetSpec.Numbers(1);
  private static final Shape PAIR = Shape.of(2);

  private static int[] extents(String text) {
    return Arrays.stream(text.split(" ")).mapToInt(Integer::parseInt).toArray();
  }

  private static BlockBuilder pairs(Precision precision, int capacity) {
    return new BlockBuilder(new SampleFormat(PAIR, NUMBER, precision), capacity);
  }

  private static float[] table(float first, float step) {
    float[] table = new float[256];
    for (int i = 0; i < table.length; i++) {
      table[i] = first + i * step;
    }
    return table;
  }

  private static void commit(BlockBuilder builder, double label) {
    assertThat(builder.label().take(new double[] {label})).isNull();
    builder.commit();
  }

  private static void assertSame(Block found, Block expected) {
    assertThat(found).usingRecursiveComparison().isEqualTo(expected);
  }

  private static Block numbers(Precision precision, double[] features, double... labels) {
    float[] floats = new float[features.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) features[i];
    }
    return precision == Precision.FLOAT32
        ? Block.of(labels.length, PAIR, floats, labels)
        : Block.of(labels.length, PAIR, features, labels);
  }

  @ParameterizedTest
  @CsvSource({
    "28 28,    1 28 28,  true",
    "1 28 28,  28 28,    true",
    "28 28,    784,      true",
    "784,      28 28,    true",
    "3 1024,   3 32 32,  true",
    "2 1 3,    2 3,      true",
    "32 32 3,  3 32 32,  false",
    "2 3,      3 2,      false",
    "6 4,      4 6,      false"
  })
  void nestedArraysMustBeDividedAsTheSampleIs(String found, String sample, boolean fits) {
    SampleFormat format = new SampleFormat(Shape.of(extents(sample)), NUMBER, Precision.FLOAT32);
    String problem = new BlockBuilder(format, 1).features().arrangementProblem(extents(found));
    if (fits) {
      assertThat(problem).isNull();
    } else {
      assertThat(problem)
          .contains(Arrays.toString(extents(found)), format.sampleShape().toString());
    }
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  void samplesComeInAnyPrimitiveArray(Precision precision) {
    BlockBuilder builder = pairs(precision, 3);
    assertThat(builder.isEmpty()).isTrue();
    assertThat(builder.features().length()).isEqualTo(2);
    assertThat(builder.label().length()).isEqualTo(1);
    assertThat(builder.features().take(new float[] {1, 2})).isNull();
    assertThat(builder.label().take(new float[] {7})).isNull();
    builder.commit();
    assertThat(builder.isEmpty()).isFalse();
    assertThat(builder.features().take(new double[] {3, 4})).isNull();
    assertThat(builder.label().take(new byte[] {(byte) 200})).isNull();
    builder.commit();
    assertThat(builder.isFull()).isFalse();
    assertThat(builder.features().take(new byte[] {5, (byte) 255})).isNull();
    commit(builder, 9);
    assertThat(builder.isFull()).isTrue();
    assertSame(builder.build(), numbers(precision, new double[] {1, 2, 3, 4, 5, 255}, 7, 200, 9));
    assertThat(builder.isEmpty()).isTrue();
  }

  @Test
  void bytesOfOneLookupTableStayBytes() {
    float[] table = table(-1, 0.5f);
    for (int samples : new int[] {1, 2}) {
      BlockBuilder builder = pairs(Precision.FLOAT32, 2);
      for (int n = 0; n < samples; n++) {
        byte[] source = {9, (byte) n, (byte) (250 + n), 9};
        assertThat(builder.features().take(source, 1, table)).isNull();
        commit(builder, n);
      }
      byte[] bytes = {0, (byte) 250, 1, (byte) 251};
      assertSame(
          builder.build(),
          Block.of(
              samples,
              PAIR,
              Arrays.copyOf(bytes, 2 * samples),
              table,
              Arrays.copyOf(new double[] {0, 1}, samples)));
    }
  }

  /** One table's bytes must not be looked up in the other's. */
  @ParameterizedTest
  @EnumSource(Precision.class)
  void bytesOfTwoLookupTablesBecomeTheirNumbers(Precision precision) {
    BlockBuilder builder = pairs(precision, 3);
    builder.features().take(new byte[] {1, 2}, 0, table(0, 1));
    commit(builder, 0);
    builder.features().take(new byte[] {1, 2}, 0, table(100, 10));
    commit(builder, 1);
    builder.features().take(new byte[] {3, 4}, 0, table(0, 1));
    commit(builder, 2);
    assertSame(builder.build(), numbers(precision, new double[] {1, 2, 110, 120, 3, 4}, 0, 1, 2));
  }

  /** The next block is of bytes again, whatever the last one was. */
  @Test
  void everyBlockBeginsAnew() {
    BlockBuilder builder = pairs(Precision.FLOAT32, 1);
    builder.features().take(new float[] {1, 2});
    commit(builder, 0);
    assertSame(builder.build(), numbers(Precision.FLOAT32, new double[] {1, 2}, 0));
    builder.features().take(new byte[] {1, 2}, 0, table(3, 1));
    commit(builder, 1);
    assertSame(
        builder.build(), Block.of(1, PAIR, new byte[] {1, 2}, table(3, 1), new double[] {1}));
  }

  /** What was written of a sample that is not committed is written over, of any kind. */
  @Test
  void badSamplesLeaveNothingBehind() {
    BlockBuilder builder = pairs(Precision.FLOAT32, 2);
    assertThat(builder.features().take(new byte[] {8, 9}, 0, table(0, 1))).isNull();
    assertThat(builder.features().take(new float[] {1, Float.NaN}))
        .isEqualTo("holds NaN at position 1; every feature must be a finite number");
    assertThat(builder.features().take(new byte[] {1, 2}, 0, table(50, 1))).isNull();
    commit(builder, 4);
    assertSame(
        builder.build(), Block.of(1, PAIR, new byte[] {1, 2}, table(50, 1), new double[] {4}));
  }

  @Test
  void whatIsNoFiniteNumberIsRefused() {
    NumberSink floats = pairs(Precision.FLOAT32, 1).features();
    NumberSink doubles = pairs(Precision.FLOAT64, 1).features();
    for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThat(floats.take(new double[] {bad, 0})).contains(bad + " at position 0");
      assertThat(doubles.take(new double[] {0, bad})).contains(bad + " at position 1");
      assertThat(floats.take(new float[] {(float) bad, 0})).contains(bad + " at position 0");
      assertThat(doubles.take(new float[] {0, (float) bad})).contains(bad + " at position 1");
    }
    assertThat(floats.take(new double[] {1, 1e39})).contains("1.0E39 at position 1", "float64");
    assertThat(doubles.take(new double[] {1, 1e39})).isNull();
  }

  @Test
  void whatIsOfAnotherLengthIsRefused() {
    NumberSink features = pairs(Precision.FLOAT32, 1).features();
    String expected = "; expected 2, for samples of shape [2]";
    assertThat(features.take(new float[1])).isEqualTo("has 1 number" + expected);
    assertThat(features.take(new double[3])).isEqualTo("has 3 numbers" + expected);
    assertThat(features.take(new byte[0])).isEqualTo("has 0 numbers" + expected);
  }

  private static NumberSink label(TargetSpec target) {
    return new BlockBuilder(new SampleFormat(PAIR, target, Precision.FLOAT32), 1).label();
  }

  @Test
  void labelsFitTheLoss() {
    NumberSink label = label(new TargetSpec.ClassIndex(3));
    assertThat(label.arrangementProblem(new int[] {7})).isNull();
    assertThat(label.take(new double[] {2})).isNull();
    assertThat(label.take(new double[] {3})).startsWith("cannot be used: class 3 is out of range");
    assertThat(label.take(new float[] {0.5f})).startsWith("cannot be used: 0.5 is not a class");
    assertThat(label.take(new byte[] {(byte) 255})).contains("class 255 is out of range");
    assertThat(label.take(new double[2]))
        .isEqualTo("has 2 numbers; expected an integer from 0 to 2");
    assertThat(label.take(new double[3]))
        .contains("has 3 numbers; expected an integer", "--loss-option target=probabilities");
    assertThat(label(new TargetSpec.Numbers(2)).take(new double[3]))
        .doesNotContain("probabilities");
  }

  /** Two numbers of each of two samples in a block that has room for three. */
  @ParameterizedTest
  @EnumSource(Precision.class)
  void labelsOfSeveralNumbersInABlockThatIsNotFull(Precision precision) {
    SampleFormat format = new SampleFormat(PAIR, new TargetSpec.Numbers(2), precision);
    BlockBuilder builder = new BlockBuilder(format, 3);
    for (int n = 0; n < 2; n++) {
      assertThat(builder.features().take(new double[] {n, 10 + n})).isNull();
      assertThat(builder.label().take(new double[] {20 + n, 30 + n})).isNull();
      builder.commit();
    }
    double[] labels = {20, 30, 21, 31};
    assertSame(
        builder.build(),
        precision == Precision.FLOAT32
            ? Block.of(2, PAIR, new float[] {0, 10, 1, 11}, labels)
            : Block.of(2, PAIR, new double[] {0, 10, 1, 11}, labels));
  }

  @Test
  void oneHotLabelsOfSeveralPositions() {
    NumberSink label = label(new TargetSpec.ClassIndex(3, 4, null));
    assertThat(label.take(new double[12])).contains("target=probabilities");
    assertThat(label.take(new double[3])).doesNotContain("target=probabilities");
  }

  /** What a sink does that has no way of its own. */
  @Test
  void bytesAsTheNumbersTheyStandFor() {
    BlockBuilder builder = pairs(Precision.FLOAT64, 1);
    builder.features().take(new float[2]);
    assertThat(builder.label().take(new byte[] {1, (byte) 200, 2}, 1, table(0, 2))).isNull();
    builder.commit();
    assertThat(builder.build().targets().values()).containsExactly(400);
    assertThat(builder.label().take(new byte[] {0}, 0, table(Float.NaN, 0))).contains("NaN");
  }
}
