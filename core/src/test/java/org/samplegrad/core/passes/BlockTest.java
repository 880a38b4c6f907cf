package org.samplegrad.core.passes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Backends;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Tensor;

class BlockTest {
  private static final Shape SHAPE = Shape.of(1, 2);
  private static final double[] INPUTS = {1, 2, 3, 4, 0.5, -7};
  private static final double[] TARGETS = {10, 20, 30, 40, 50, 60};

  static Block block(Precision precision) {
    if (precision == Precision.FLOAT64) {
      return Block.of(3, SHAPE, INPUTS, TARGETS);
    }
    float[] inputs = new float[INPUTS.length];
    for (int i = 0; i < inputs.length; i++) {
      inputs[i] = (float) INPUTS[i];
    }
    return Block.of(3, SHAPE, inputs, TARGETS);
  }

  @ParameterizedTest
  @CsvSource({"FLOAT32, 72", "FLOAT64, 96"})
  void tellsTheMemoryOfItsArrays(Precision precision, long bytes) {
    assertThat(block(precision).bytes()).isEqualTo(bytes);
  }

  @Test
  void codesTakeAByteEach() {
    Block block = Block.of(3, SHAPE, new byte[6], new float[256], TARGETS);
    assertThat(block.bytes()).isEqualTo(6 + 6 * Double.BYTES);
  }

  @ParameterizedTest
  @EnumSource
  void holdsSamplesAndTargets(Precision precision) {
    Block block = block(precision);
    assertThat(block.samples()).isEqualTo(3);
    assertThat(block.sampleShape()).isEqualTo(SHAPE);
    assertThat(block.targets().samples()).isEqualTo(3);
    assertThat(block.targets().perSample()).isEqualTo(2);
    assertThat(block.targets().values()).containsExactly(TARGETS);
  }

  @ParameterizedTest
  @EnumSource
  void inputsBecomeATensorOfTheBackendsPrecision(Precision precision) {
    for (Precision compute : Precision.values()) {
      try (Backend backend = Backends.open(Backends.AUTO, compute)) {
        Tensor inputs = block(precision).inputs(backend);
        assertThat(inputs.shape()).isEqualTo(Shape.of(3, 1, 2));
        assertThat(backend.toDoubles(inputs)).containsExactly(INPUTS);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void oneSampleIsABlock(Precision precision) {
    Block sample = block(precision).sample(1);
    assertThat(sample.samples()).isEqualTo(1);
    assertThat(sample.targets().values()).containsExactly(30, 40);
    try (Backend backend = Backends.open(Backends.AUTO, Precision.FLOAT64)) {
      assertThat(backend.toDoubles(sample.inputs(backend))).containsExactly(3, 4);
    }
  }

  @ParameterizedTest
  @CsvSource({"0, 0, 0", "-1, 0, 2", "3, 5, 3", "3, 7, 3", "3, 6, 4", "3, 6, 0"})
  void lengthsThatDoNotFitAreRefused(int samples, int inputs, int targets) {
    assertThatThrownBy(() -> Block.of(samples, SHAPE, new double[inputs], new double[targets]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll(
            inputs + " inputs", targets + " targets", samples + " samples", "[1, 2]");
    assertThatThrownBy(() -> Block.of(samples, SHAPE, new float[inputs], new double[targets]))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void describesItself() {
    assertThat(block(Precision.FLOAT32)).hasToString("Block of 3 samples [1, 2]");
  }

  @Test
  void inputsMayBeBytesThatStandForNumbers() {
    float[] lookupTable = new float[256];
    lookupTable[7] = 1.5f;
    lookupTable[255] = -2;
    Block block = Block.of(2, SHAPE, new byte[] {7, 0, -1, 7}, lookupTable, new double[] {1, 2});
    Block joined = Block.join(List.of(block, block.sample(1)));
    try (Backend backend = Backends.open(Backends.AUTO, Precision.FLOAT64)) {
      assertThat(backend.toDoubles(block.inputs(backend))).containsExactly(1.5, 0, -2, 1.5);
      assertThat(backend.toDoubles(joined.inputs(backend)))
          .containsExactly(1.5, 0, -2, 1.5, -2, 1.5);
    }
    assertThat(joined.targets().values()).containsExactly(1, 2, 2);
    Block others = Block.of(2, SHAPE, new byte[4], new float[256], new double[] {1, 2});
    assertThatThrownBy(() -> Block.join(List.of(block, others)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @EnumSource
  void joinsSamplesInTheirOrder(Precision precision) {
    Block block = block(precision);
    Block joined = Block.join(List.of(block.sample(2), block));
    assertThat(joined.samples()).isEqualTo(4);
    assertThat(joined.targets().values()).containsExactly(50, 60, 10, 20, 30, 40, 50, 60);
    try (Backend backend = Backends.open(Backends.AUTO, Precision.FLOAT64)) {
      assertThat(backend.toDoubles(joined.inputs(backend)))
          .containsExactly(0.5, -7, 1, 2, 3, 4, 0.5, -7);
    }
    assertThat(Block.join(List.of(block))).isSameAs(block);
  }

  @Test
  void numbersOfDifferentPrecisionsAreNotJoined() {
    List<Block> blocks = List.of(block(Precision.FLOAT32), block(Precision.FLOAT64));
    assertThatThrownBy(() -> Block.join(blocks)).isInstanceOf(IllegalArgumentException.class);
  }
}
