package org.samplegrad.core.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import org.junit.jupiter.api.Test;

class KeptProductsTest {
  private static void keep(KeptProducts products, float[]... results) {
    try (KeptProducts.Sequence sequence = products.open()) {
      for (float[] result : results) {
        assertThat(sequence.next(result.length)).isNull();
        sequence.keep(result, result.length);
      }
    }
  }

  @Test
  void givesResultsInTheirSequenceToEveryLaterEvaluation() {
    KeptProducts products = KeptProducts.ofBlock();
    keep(products, new float[] {1, 2}, new float[] {3});

    for (int evaluation = 0; evaluation < 2; evaluation++) {
      try (KeptProducts.Sequence sequence = products.open()) {
        assertThat(sequence.next(2)).containsExactly(1, 2);
        assertThat(sequence.next(1)).containsExactly(3);
        assertThat(sequence.next(1)).isNull();
      }
    }
  }

  @Test
  void keepsACopyOfTheElementsThatCount() {
    KeptProducts products = KeptProducts.ofBlock();
    float[] result = {1, 2, 3, 4};
    try (KeptProducts.Sequence sequence = products.open()) {
      sequence.keep(result, 3);
    }
    result[0] = 5;

    try (KeptProducts.Sequence sequence = products.open()) {
      assertThat(sequence.next(3)).containsExactly(1, 2, 3);
    }
  }

  @Test
  void givesNothingDuringTheEvaluationThatKeeps() {
    KeptProducts products = KeptProducts.ofBlock();
    try (KeptProducts.Sequence first = products.open();
        KeptProducts.Sequence atTheSameTime = products.open()) {
      first.keep(new float[] {1}, 1);
      assertThat(first.next(1)).isNull();
      assertThat(atTheSameTime.next(1)).isNull();
    }
  }

  @Test
  void fillsPlacesThatWereReserved() {
    KeptProducts products = KeptProducts.ofBlock();
    try (KeptProducts.Sequence sequence = products.open()) {
      int unread = sequence.reserve();
      sequence.keep(new float[] {1}, 1);
      int read = sequence.reserve();
      assertThat(unread).isNotEqualTo(read);
      sequence.fill(read, new float[] {2, 3, 4}, 2);
    }

    try (KeptProducts.Sequence sequence = products.open()) {
      assertThat(sequence.next(9)).isNull();
      assertThat(sequence.next(1)).containsExactly(1);
      assertThat(sequence.next(2)).containsExactly(2, 3);
    }
  }

  @Test
  void givesChoicesInTheirSequence() {
    KeptProducts products = KeptProducts.ofBlock();
    Indices first = new Indices(Shape.of(2), new int[] {3, 1});
    Indices second = new Indices(Shape.of(1), new int[] {0});
    try (KeptProducts.Sequence sequence = products.open()) {
      assertThat(sequence.repeats()).isFalse();
      assertThat(sequence.nextChoice()).isNull();
      sequence.keep(first);
      sequence.keep(second);
    }

    try (KeptProducts.Sequence sequence = products.open()) {
      assertThat(sequence.repeats()).isTrue();
      assertThat(sequence.nextChoice()).isSameAs(first);
      assertThat(sequence.nextChoice()).isSameAs(second);
      assertThat(sequence.nextChoice()).isNull();
    }
  }

  @Test
  void refusesAnotherSequenceThanTheOneThatWasKept() {
    KeptProducts products = KeptProducts.ofBlock();
    keep(products, new float[] {1, 2});

    try (KeptProducts.Sequence sequence = products.open()) {
      assertThatThrownBy(() -> sequence.next(3))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("2 elements")
          .hasMessageContaining("one of 3");
    }
  }

  @Test
  void keepsNothingForAnEvaluationThatIsNotRepeated() {
    KeptProducts products = KeptProducts.none();
    keep(products, new float[] {1});

    try (KeptProducts.Sequence sequence = products.open()) {
      assertThat(sequence.next(1)).isNull();
    }
  }

  @Test
  void keepsTheFirstResultsWhereMemoryEnds() {
    KeptProducts products = KeptProducts.within(3 * Float.BYTES);
    keep(products, new float[] {1, 2}, new float[] {3, 4}, new float[] {5});

    try (KeptProducts.Sequence sequence = products.open()) {
      assertThat(sequence.next(2)).containsExactly(1, 2);
      assertThat(sequence.next(2)).isNull();
      assertThat(sequence.next(1)).isNull();
    }
  }

  @Test
  void reservesNothingBehindWhereMemoryEnded() {
    KeptProducts products = KeptProducts.within(3 * Float.BYTES);
    try (KeptProducts.Sequence sequence = products.open()) {
      assertThat(sequence.keep(new float[] {1, 2}, 2)).isTrue();
      assertThat(sequence.keep(new float[] {3, 4}, 2)).isFalse();
      sequence.fill(sequence.reserve(), new float[] {5}, 1);
      sequence.keep(new Indices(Shape.of(1), new int[] {0}));
    }

    try (KeptProducts.Sequence sequence = products.open()) {
      assertThat(sequence.next(2)).containsExactly(1, 2);
      assertThat(sequence.next(1)).isNull();
      assertThat(sequence.nextChoice()).isNull();
    }
  }

  @Test
  void givesMemoryBackWhenItIsReleased() {
    KeptProducts products = KeptProducts.within(2 * Float.BYTES);
    for (int use = 0; use < 3; use++) {
      keep(products, new float[] {1, use});
      try (KeptProducts.Sequence sequence = products.open()) {
        assertThat(sequence.next(2)).containsExactly(1, use);
      }
      products.release();
    }
  }

  @Test
  void travelsWithoutItsResults() throws IOException, ClassNotFoundException {
    KeptProducts products = KeptProducts.ofBlock();
    keep(products, new float[] {1});
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(products);
    }

    KeptProducts arrived;
    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      arrived = (KeptProducts) in.readObject();
    }

    keep(arrived, new float[] {2});
    try (KeptProducts.Sequence sequence = arrived.open()) {
      assertThat(sequence.next(1)).containsExactly(2);
    }
  }
}
