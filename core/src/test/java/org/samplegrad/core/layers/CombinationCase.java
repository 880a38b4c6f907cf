package org.samplegrad.core.layers;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.samplegrad.core.backend.NaiveArray;
import org.samplegrad.core.backend.Shape;

/**
 * A combination and the shapes of one sample it takes.
 *
 * @param misfits shapes that the combination must refuse
 */
record CombinationCase(
    Combination combination, List<Shape> inputShapes, List<List<Shape>> misfits) {

  static List<CombinationCase> all() {
    List<CombinationCase> cases = new ArrayList<>();
    for (Arithmetic arithmetic : Arithmetic.values()) {
      List<List<Shape>> misfits =
          List.of(
              List.of(Shape.of(2), Shape.of(3)),
              List.of(Shape.of(2)),
              List.of(Shape.of(2), Shape.of(2), Shape.of(2)));
      cases.add(of(arithmetic, misfits, Shape.of(2, 3), Shape.of(2, 3)));
      cases.add(of(arithmetic, misfits, Shape.of(3), Shape.of(2, 3)));
      cases.add(of(arithmetic, misfits, Shape.of(2, 3, 2), Shape.of(3, 1)));
      cases.add(of(arithmetic, misfits, Shape.scalar(), Shape.of(2)));
      cases.add(of(arithmetic, misfits, Shape.of(2, 1), Shape.of(1, 3)));
    }
    List<List<Shape>> apart =
        List.of(List.of(Shape.of(2, 3), Shape.of(3, 4)), List.of(Shape.of(2, 3), Shape.of(3)));
    cases.add(of(new Concatenation(0), apart, Shape.of(2, 3), Shape.of(1, 3), Shape.of(3, 3)));
    cases.add(of(new Concatenation(1), apart, Shape.of(2, 3), Shape.of(2, 1)));
    cases.add(of(new Concatenation(-1), List.of(), Shape.of(2), Shape.of(3)));
    cases.add(of(new Concatenation(0), List.of(List.of(Shape.scalar())), Shape.of(2)));
    for (Condition condition : Condition.values()) {
      cases.add(of(condition, List.of(List.of(Shape.of(2))), Shape.of(2, 3), Shape.of(3)));
    }
    List<List<Shape>> notThree = List.of(List.of(Shape.of(2), Shape.of(2)));
    cases.add(of(new Choice(), notThree, Shape.of(2, 3), Shape.of(2, 3), Shape.of(2, 3)));
    cases.add(of(new Choice(), notThree, Shape.of(4, 2, 3), Shape.of(2, 1), Shape.scalar()));
    List<List<Shape>> unequal =
        List.of(
            List.of(Shape.of(2, 3), Shape.of(2, 3)),
            List.of(Shape.of(3), Shape.of(2)),
            List.of(Shape.of(2, 2, 3), Shape.of(3, 3, 2)),
            List.of(Shape.scalar(), Shape.of(2)),
            List.of(Shape.of(2)));
    MatrixProduct product = new MatrixProduct();
    cases.add(of(product, unequal, Shape.of(2, 3), Shape.of(3, 4)));
    cases.add(of(product, unequal, Shape.of(2, 2, 3), Shape.of(2, 3, 2)));
    cases.add(of(product, unequal, Shape.of(2, 3), Shape.of(2, 3, 2)));
    cases.add(of(product, unequal, Shape.of(2, 1, 2, 3), Shape.of(3, 3, 2)));
    cases.add(of(product, unequal, Shape.of(3), Shape.of(3, 2)));
    cases.add(of(product, unequal, Shape.of(2, 3), Shape.of(3)));
    cases.add(of(product, unequal, Shape.of(3), Shape.of(3)));
    return cases;
  }

  /** The inputs before it have no derivatives. */
  int firstDifferentiated() {
    return combination instanceof Condition ? 2 : combination instanceof Choice ? 1 : 0;
  }

  private static CombinationCase of(
      Combination combination, List<List<Shape>> misfits, Shape... inputShapes) {
    return new CombinationCase(combination, List.of(inputShapes), misfits);
  }

  /** A block for each input; positive, so that every one is a divisor. */
  List<NaiveArray> blocks(Random random, int samples) {
    return inputShapes.stream()
        .map(shape -> NaiveArray.positive(random, shape.prepend(samples).extents()))
        .toList();
  }

  @Override
  public String toString() {
    return combination + " of " + inputShapes;
  }
}
