package org.samplegrad.core.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class IndicesTest {

  @Test
  void holdsACopyOfItsPositions() {
    int[] positions = {4, 2, 4};
    Indices indices = new Indices(Shape.of(3, 1), positions);

    positions[0] = 9;

    assertThat(indices.shape()).isEqualTo(Shape.of(3, 1));
    assertThat(indices.size()).isEqualTo(3);
    assertThat(indices.position(0)).isEqualTo(4);
    assertThat(indices).hasToString("Indices[3, 1][4, 2, 4]");
  }

  @Test
  void refusesAnotherNumberOfPositions() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Indices(Shape.of(2, 2), new int[3]))
        .withMessageContaining("3 positions")
        .withMessageContaining("[2, 2]");
  }
}
