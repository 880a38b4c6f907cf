package org.samplegrad.core.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import org.junit.jupiter.api.Test;

class KeptResultsTest {
  private static void keep(KeptResults kept, float[]... results) {
    try (KeptResults.Sequence sequence = kept.open()) {
      for (float[] result : results) {
        assertThat(sequence.next(result.length)).isNull();
        sequence.keep(result, result.length);
      }
    }
  }

  @Test
  void givesResultsInTheirSequenceToEveryLaterEvaluation() {
    KeptResults kept = KeptResults.ofBlock();
    keep(kept, new float[] {1, 2}, new float[] {3});

    for (int evaluation = 0; evaluation < 2; evaluation++) {
      try (KeptResults.Sequence sequence = kept.open()) {
        assertThat(sequence.next(2).elements()).containsExactly(1, 2);
        assertThat(sequence.next(1).elements()).containsExactly(3);
        assertThat(sequence.next(1)).isNull();
      }
    }
  }

  @Test
  void keepsACopyOfTheElementsThatCount() {
    KeptResults kept = KeptResults.ofBlock();
    float[] result = {1, 2, 3, 4};
    try (KeptResults.Sequence sequence = kept.open()) {
      sequence.keep(result, 3);
    }
    result[0] = 5;

    try (KeptResults.Sequence sequence = kept.open()) {
      assertThat(sequence.next(3).elements()).containsExactly(1, 2, 3);
    }
  }

  @Test
  void whereMaximaLayCountsAsMemory() {
    for (int spare = -1; spare <= 0; spare++) {
      KeptResults kept = KeptResults.within(2 * (Float.BYTES + Character.BYTES) + spare);
      try (KeptResults.Sequence sequence = kept.open()) {
        assertThat(sequence.isKeeping()).isTrue();
        sequence.keep(new float[] {1, 2}, 2, new char[] {3, 4});
        assertThat(sequence.isKeeping()).isEqualTo(spare == 0);
      }
      try (KeptResults.Sequence sequence = kept.open()) {
        KeptResults.Kept pooled = sequence.next(2);
        assertThat(pooled == null).isEqualTo(spare < 0);
        if (pooled != null) {
          assertThat(pooled.argmax()).containsExactly((char) 3, (char) 4);
        }
      }
    }
  }

  @Test
  void givesNothingDuringTheEvaluationThatKeeps() {
    KeptResults kept = KeptResults.ofBlock();
    try (KeptResults.Sequence first = kept.open();
        KeptResults.Sequence atTheSameTime = kept.open()) {
      first.keep(new float[] {1}, 1);
      assertThat(first.next(1)).isNull();
      assertThat(atTheSameTime.next(1)).isNull();
    }
  }

  @Test
  void refusesAnotherSequenceThanTheOneThatWasKept() {
    KeptResults kept = KeptResults.ofBlock();
    keep(kept, new float[] {1, 2});

    try (KeptResults.Sequence sequence = kept.open()) {
      assertThatThrownBy(() -> sequence.next(3))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("2 elements")
          .hasMessageContaining("one of 3");
    }
  }

  @Test
  void keepsNothingForAnEvaluationThatIsNotRepeated() {
    KeptResults kept = KeptResults.none();
    keep(kept, new float[] {1});

    try (KeptResults.Sequence sequence = kept.open()) {
      assertThat(sequence.next(1)).isNull();
    }
  }

  @Test
  void theLastEvaluationTakesWhatThereIsAndKeepsNothingMore() {
    KeptResults kept = KeptResults.ofBlock();
    try (KeptResults.Sequence sequence = kept.forTheLastTime().open()) {
      assertThat(sequence.isKeeping()).isFalse();
    }
    keep(kept, new float[] {1, 2});

    try (KeptResults.Sequence sequence = kept.forTheLastTime().open()) {
      assertThat(sequence.next(2).elements()).containsExactly(1, 2);
      assertThat(sequence.isKeeping()).isFalse();
    }
  }

  @Test
  void keepsTheFirstResultsWhereMemoryEnds() {
    KeptResults kept = KeptResults.within(3 * Float.BYTES);
    keep(kept, new float[] {1, 2}, new float[] {3, 4}, new float[] {5});

    try (KeptResults.Sequence sequence = kept.open()) {
      assertThat(sequence.next(2).elements()).containsExactly(1, 2);
      assertThat(sequence.next(2)).isNull();
      assertThat(sequence.next(1)).isNull();
    }
  }

  /** Otherwise what was too large once would leave no memory for anything later. */
  @Test
  void whatIsNotKeptTakesNoMemory() {
    KeptResults kept = KeptResults.within(2 * Float.BYTES);
    keep(kept, new float[3]);
    keep(kept, new float[] {1, 2});

    try (KeptResults.Sequence sequence = kept.open()) {
      assertThat(sequence.next(2).elements()).containsExactly(1, 2);
    }
  }

  @Test
  void givesMemoryBackWhenItIsReleased() {
    KeptResults kept = KeptResults.within(2 * Float.BYTES);
    for (int use = 0; use < 3; use++) {
      keep(kept, new float[] {1, use});
      try (KeptResults.Sequence sequence = kept.open()) {
        assertThat(sequence.next(2).elements()).containsExactly(1, use);
      }
      kept.release();
    }
  }

  @Test
  void travelsWithoutItsResults() throws IOException, ClassNotFoundException {
    KeptResults kept = KeptResults.ofBlock();
    keep(kept, new float[] {1});
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(kept);
    }

    KeptResults arrived;
    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      arrived = (KeptResults) in.readObject();
    }

    keep(arrived, new float[] {2});
    try (KeptResults.Sequence sequence = arrived.open()) {
      assertThat(sequence.next(1).elements()).containsExactly(2);
    }
  }
}
