package org.samplegrad.datasets.sources;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.losses.TargetSpec;
import org.samplegrad.core.passes.Block;
import org.samplegrad.datasets.BlockBuilder;
import org.samplegrad.datasets.BlockIterator;
import org.samplegrad.datasets.RowPolicy;
import org.samplegrad.datasets.SampleCursor;
import org.samplegrad.datasets.SampleFormat;
import org.samplegrad.datasets.SampleSource;

/** The samples that need no file. */
class SourcesTest {

  private static List<Block> samples(SampleSource source, SampleFormat format) {
    List<Block> samples = new ArrayList<>();
    new BlockIterator(source.cursor(), 0, format, 1, RowPolicy.FAIL)
        .forEachRemaining(delivery -> samples.add(delivery.block()));
    return samples;
  }

  private static void assertSame(List<Block> found, List<Block> expected) {
    assertThat(found).usingRecursiveComparison().isEqualTo(expected);
  }

  @Test
  void theLinearExampleIsWhatPyTorchDrew() {
    SampleFormat format =
        new SampleFormat(Shape.of(2), new TargetSpec.Numbers(1), Precision.FLOAT32);
    List<Block> all = samples(new LinearExample(), format);
    assertSame(
        all,
        List.of(
            one(0.0012301534f, 0.29874554f, 0.0601436f),
            one(-0.27413785f, -0.89059186f, 1.3402152f),
            one(-0.4546708f, -0.9916465f, -0.49220652f)));
    LinearExample last = new LinearExample().range(1, 3);
    assertThat(last.count()).isEqualTo(2);
    assertSame(samples(last, format), all.subList(1, 3));
    assertSame(samples(last.range(1, 2), format), all.subList(2, 3));
  }

  private static Block one(float first, float second, float target) {
    return Block.of(1, Shape.of(2), new float[] {first, second}, new double[] {target});
  }

  @Test
  void syntheticSamplesDependOnTheirPositionAlone() {
    TargetSpec target = new TargetSpec.Numbers(1);
    SampleFormat format = new SampleFormat(Shape.of(2), target, Precision.FLOAT64);
    SyntheticSamples source = new SyntheticSamples(2, target, 0, 100);
    List<Block> all = samples(source, format);
    assertThat(all).hasSize(100);
    assertSame(samples(source.range(10, 13), format), all.subList(10, 13));
    assertSame(samples(source.range(10, 20).range(2, 4), format), all.subList(12, 14));
    SplittableRandom seventh = new SplittableRandom(7 * 0x9e3779b97f4a7c15L);
    double[] features = {(float) seventh.nextGaussian(), (float) seventh.nextGaussian()};
    double[] label = {seventh.nextGaussian()};
    assertSame(
        samples(source.range(7, 8), format), List.of(Block.of(1, Shape.of(2), features, label)));
  }

  @Test
  void syntheticTargetsFitTheLoss() {
    SyntheticSamples numbers = new SyntheticSamples(1, new TargetSpec.Numbers(1), 0, 4000);
    double[] targets = targets(numbers);
    assertThat(Arrays.stream(targets).average().orElseThrow()).isBetween(-0.05, 0.05);
    assertThat(Arrays.stream(targets).map(t -> t * t).average().orElseThrow()).isBetween(0.9, 1.1);
    double[] classes = targets(new SyntheticSamples(1, new TargetSpec.ClassIndex(3), 0, 4000));
    for (int index = 0; index < 3; index++) {
      double wanted = index;
      assertThat(Arrays.stream(classes).filter(found -> found == wanted).count())
          .isGreaterThan(1000);
    }
  }

  private static double[] targets(SyntheticSamples source) {
    SampleFormat format = new SampleFormat(Shape.of(1), source.target(), Precision.FLOAT64);
    return samples(source, format).stream()
        .mapToDouble(block -> block.targets().values()[0])
        .toArray();
  }

  @Test
  void syntheticSamplesOfAnotherLengthAreBadRows() {
    SampleFormat format =
        new SampleFormat(Shape.of(2), new TargetSpec.Numbers(1), Precision.FLOAT64);
    SyntheticSamples one = new SyntheticSamples(1, format.target(), 0, 1);
    assertThat(one.read(0, new BlockBuilder(format, 1)).problem()).contains("has 1 number");
  }

  /** The values that torchvision's transforms give, in float32. */
  @Test
  void theTestDigitsAreNormalised() {
    SampleFormat format =
        new SampleFormat(Shape.of(1, 28, 28), new TargetSpec.ClassIndex(10), Precision.FLOAT32);
    Mnist digits = Mnist.testSet();
    assertThat(digits.count()).isEqualTo(10000);
    List<Block> first = samples(digits.range(0, 4), format);
    assertThat(first.stream().map(block -> (int) block.targets().values()[0]))
        .containsExactly(7, 2, 1, 0);
    assertSame(samples(digits.range(1, 4).range(1, 3), format), first.subList(2, 4));
    assertSame(
        samples(digits.range(9999, 10000), format),
        samples(digits.range(9990, 10000).range(9, 10), format));
  }

  @Test
  void samplesOfTheLinearExampleForAnotherModel() {
    SampleFormat format =
        new SampleFormat(Shape.of(3), new TargetSpec.Numbers(1), Precision.FLOAT64);
    assertThat(new LinearExample().read(0, new BlockBuilder(format, 1)).problem())
        .contains("has 2 numbers; expected 3");
  }

  @Test
  void digitsThatAreNoClassOfTheModel() {
    SampleFormat format =
        new SampleFormat(Shape.of(784), new TargetSpec.ClassIndex(7), Precision.FLOAT64);
    SampleCursor cursor = Mnist.testSet().cursor();
    assertThat(cursor.advance()).isTrue();
    assertThat(cursor.read(new BlockBuilder(format, 1)).problem()).contains("class 7 is out of");
  }

  @Test
  void digitsOfAnotherShapeAreBadRows() {
    SampleFormat format =
        new SampleFormat(Shape.of(3), new TargetSpec.ClassIndex(10), Precision.FLOAT32);
    SampleCursor cursor = Mnist.testSet().range(0, 1).cursor();
    assertThat(cursor.position()).isNull();
    assertThat(cursor.advance()).isTrue();
    assertThat(cursor.read(new BlockBuilder(format, 1)).problem()).contains("784 numbers", "3");
    assertThat(cursor.advance()).isFalse();
  }
}
