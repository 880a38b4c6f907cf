package org.samplegrad.core.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MemoryTest {
  private final Memory memory = Memory.borrow();

  @Test
  void handsOutAgainWhatWasGivenBack() {
    float[] array = memory.takeArray(1000);
    assertThat(array).hasSizeGreaterThanOrEqualTo(1000);
    memory.giveBack(array);
    assertThat(memory.takeArray(1000)).isSameAs(array);
  }

  @Test
  void handsOutNothingTwice() {
    assertThat(memory.takeArray(100)).isNotSameAs(memory.takeArray(100));
  }

  /** The last block of a partition is smaller than the others. */
  @Test
  void smallerArraysAreTakenFromLargerOnes() {
    float[] array = memory.takeArray(100_000);
    memory.giveBack(array);
    assertThat(memory.takeArray(60_000)).isSameAs(array);
  }

  @Test
  void butNotFromMuchLargerOnes() {
    memory.giveBack(memory.takeArray(100_000));
    assertThat(memory.takeArray(1000).length).isLessThan(2000);
  }
}
