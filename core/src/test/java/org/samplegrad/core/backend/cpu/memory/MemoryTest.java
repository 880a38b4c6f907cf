package org.samplegrad.core.backend.cpu.memory;

import static org.assertj.core.api.Assertions.assertThat;

import org.bytedeco.javacpp.FloatPointer;
import org.junit.jupiter.api.Test;

class MemoryTest {
  private final Memory memory = unused();

  /** One that no other test's backend has left arrays in. */
  private static Memory unused() {
    Memory last = Memory.borrow();
    for (int i = 0; i < Runtime.getRuntime().availableProcessors(); i++) {
      last = Memory.borrow();
    }
    return last;
  }

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

  /** Little more than asked for, of every length, and found again by it. */
  @Test
  void lengthsAreRoundedUpByAnEighthAtMost() {
    for (int length = 1; length < 70_000; length += 1 + length / 50) {
      float[] array = memory.takeArray(length);
      assertThat(array.length).isBetween(length, Math.max(16, length + length / 8 + 1));
      memory.giveBack(array);
      assertThat(memory.takeArray(length)).isSameAs(array);
    }
  }

  /** Closes a backend and opens the next, {@code count} times, each with the same array. */
  private void use(int count, int length) {
    for (int i = 0; i < count; i++) {
      if (length > 0) {
        memory.giveBack(memory.takeArray(length));
      }
      memory.release();
      assertThat(Memory.borrow()).isSameAs(memory);
    }
  }

  @Test
  void keepsForTheNextBackendWhatTheLastOnesTook() {
    float[] large = memory.takeArray(100_000);
    memory.giveBack(large);
    use(3, 1000);
    assertThat(memory.takeArray(100_000)).isSameAs(large);
    memory.giveBack(large);
    use(4, 1000);
    assertThat(memory.takeArray(100_000)).isSameAs(large);
  }

  @Test
  void letsGoOfWhatTheLastBackendsHadNoUseFor() {
    float[] large = memory.takeArray(100_000);
    float[] small = memory.takeArray(1000);
    memory.giveBack(large);
    memory.giveBack(small);
    FloatPointer pointer = memory.takePointer(1000);
    memory.giveBack(pointer);

    use(8, 1000);

    assertThat(memory.takeArray(1000)).isSameAs(small);
    assertThat(memory.takeArray(100_000)).isNotSameAs(large);
    assertThat(pointer.isNull()).isTrue();
  }

  @Test
  void aBackendThatTookNothingDoesNotCount() {
    float[] large = memory.takeArray(100_000);
    memory.giveBack(large);
    use(20, 0);
    assertThat(memory.takeArray(100_000)).isSameAs(large);
  }

  @Test
  void theSameHoldsForNativeMemory() {
    FloatPointer pointer = memory.takePointer(1000);
    assertThat(pointer.capacity()).isGreaterThanOrEqualTo(1000);
    memory.giveBack(pointer);
    assertThat(memory.takePointer(900)).isSameAs(pointer);
    assertThat(memory.takePointer(900)).isNotSameAs(pointer);
  }
}
