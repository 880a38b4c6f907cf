package org.samplegrad.core.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.samplegrad.core.backend.Indices;
import org.samplegrad.core.backend.Shape;

class SupportTest {
  private static final Shape IMAGES = Shape.of(2, 1, 2, 3);

  /** Two places for each of two images of six elements. */
  private static Indices indices(int... positions) {
    return new Indices(Shape.of(2, 1, 1, 2), positions);
  }

  @Test
  void holdsEachPlaceOfAnImageOnce() {
    Support support = Support.of(indices(5, 5, 6, 9), IMAGES);
    assertThat(support.starts()).containsExactly(0, 1, 3);
    assertThat(support.places()).startsWith(5, 0, 3);
  }

  @Test
  void isNotKnownWhereImagesMix() {
    assertThat(Support.of(indices(0, 6, 7, 8), IMAGES)).isNull();
  }

  @Test
  void isNotWorthwhileWhereMostElementsBelongToIt() {
    Indices all = new Indices(Shape.of(1, 1, 2, 2), new int[] {0, 1, 2, 3});
    assertThat(Support.of(all, Shape.of(1, 1, 2, 2))).isNull();
  }

  @Test
  void keepsThePlacesOfPositiveElements() {
    Support support = Support.of(indices(0, 1, 8, 9), IMAGES);
    float[] x = {2, -1, 0, 0, 0, 0, 0, 0, -0f, Float.MIN_VALUE, 0, 0};
    Support positive = support.wherePositive(x, 6);
    assertThat(positive.starts()).containsExactly(0, 1, 2);
    assertThat(positive.places()).startsWith(0, 3);
  }
}
