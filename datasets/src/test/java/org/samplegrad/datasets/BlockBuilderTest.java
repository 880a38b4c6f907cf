package org.samplegrad.datasets;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.losses.TargetSpec;

class BlockBuilderTest {

  private static int[] extents(String text) {
    return Arrays.stream(text.split(" ")).mapToInt(Integer::parseInt).toArray();
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
    SampleFormat format =
        new SampleFormat(Shape.of(extents(sample)), new TargetSpec.Numbers(1), Precision.FLOAT32);
    String problem = new BlockBuilder(format, 1).features().arrangementProblem(extents(found));
    if (fits) {
      assertThat(problem).isNull();
    } else {
      assertThat(problem)
          .contains(Arrays.toString(extents(found)), format.sampleShape().toString());
    }
  }
}
