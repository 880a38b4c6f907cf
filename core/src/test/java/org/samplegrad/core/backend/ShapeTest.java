package org.samplegrad.core.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class ShapeTest {

  @Test
  void knowsItsExtents() {
    Shape shape = Shape.of(2, 3, 4);

    assertThat(shape.rank()).isEqualTo(3);
    assertThat(shape.size()).isEqualTo(24);
    assertThat(shape.extent(0)).isEqualTo(2);
    assertThat(shape.extent(-1)).isEqualTo(4);
    assertThat(shape.extents()).containsExactly(2, 3, 4);
    assertThat(shape).hasToString("[2, 3, 4]");
  }

  @Test
  void aScalarHasOneElementAndNoAxes() {
    assertThat(Shape.scalar().size()).isEqualTo(1);
    assertThat(Shape.scalar().rank()).isZero();
    assertThat(Shape.scalar()).isEqualTo(Shape.of()).isNotEqualTo(Shape.of(1));
  }

  @Test
  void doesNotShareItsExtents() {
    int[] extents = {2, 3};
    Shape shape = Shape.of(extents);

    extents[0] = 9;
    shape.extents()[1] = 9;

    assertThat(shape).isEqualTo(Shape.of(2, 3)).hasSameHashCodeAs(Shape.of(2, 3));
  }

  @Test
  void gainsAndLosesAFirstAxis() {
    assertThat(Shape.of(3, 4).prepend(2)).isEqualTo(Shape.of(2, 3, 4));
    assertThat(Shape.of(2, 3, 4).dropFirst()).isEqualTo(Shape.of(3, 4));
    assertThat(Shape.scalar().prepend(5).dropFirst()).isEqualTo(Shape.scalar());
  }

  @Test
  void refusesNegativeExtentsAndMoreElementsThanAnArrayHolds() {
    int tooMany = 1 << 16;
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Shape.of(2, -1))
        .withMessageContaining("[2, -1]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Shape.of(tooMany, tooMany))
        .withMessageContaining("[65536, 65536]");
    assertThatIllegalArgumentException().isThrownBy(() -> Shape.of(tooMany).prepend(tooMany));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Shape.broadcast(Shape.of(tooMany, 1), Shape.of(tooMany)));
  }

  @Test
  void broadcastsAsNumPyDoes() {
    assertThat(Shape.broadcast(Shape.of(2, 1, 4), Shape.of(3, 1))).isEqualTo(Shape.of(2, 3, 4));
    assertThat(Shape.broadcast(Shape.scalar(), Shape.of(2))).isEqualTo(Shape.of(2));
    assertThat(Shape.broadcast(Shape.of(1), Shape.of(0))).isEqualTo(Shape.of(0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Shape.broadcast(Shape.of(2, 3), Shape.of(2)))
        .withMessageContaining("[2, 3]")
        .withMessageContaining("[2]");
  }

  @Property(tries = 200)
  void broadcastingIsSymmetricAndTakesTheLargerExtent(
      @ForAll @Size(max = 4) List<@IntRange(min = 1, max = 3) Integer> left,
      @ForAll @Size(max = 4) List<@IntRange(min = 1, max = 3) Integer> right) {
    Shape a = Shape.of(left.stream().mapToInt(Integer::intValue).toArray());
    Shape b = Shape.of(right.stream().mapToInt(Integer::intValue).toArray());
    boolean fit = true;
    for (int axis = 1; axis <= Math.min(a.rank(), b.rank()); axis++) {
      int least = Math.min(a.extent(-axis), b.extent(-axis));
      fit &= least == 1 || a.extent(-axis) == b.extent(-axis);
    }
    if (!fit) {
      assertThatIllegalArgumentException().isThrownBy(() -> Shape.broadcast(a, b));
      return;
    }
    Shape both = Shape.broadcast(a, b);
    assertThat(both).isEqualTo(Shape.broadcast(b, a));
    assertThat(both.rank()).isEqualTo(Math.max(a.rank(), b.rank()));
    for (int axis = 1; axis <= both.rank(); axis++) {
      int own = axis <= a.rank() ? a.extent(-axis) : 1;
      int other = axis <= b.rank() ? b.extent(-axis) : 1;
      assertThat(both.extent(-axis)).isEqualTo(Math.max(own, other));
    }
  }
}
