package org.samplegrad.core.backend.cpu.kernels.incubator;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * What the loops over vectors are written in. What the compiler of Java 17 makes of them decides
 * their shape:
 *
 * <ul>
 *   <li>It keeps a vector in a register only as a local variable of one loop without another loop
 *       around it in the method; so every sum has its own variable and every number of sums its own
 *       method.
 *   <li>Each index of an array is checked by itself, which takes as long as the arithmetic; but
 *       indices that differ by constants take one check, and those that the loop counts one before
 *       it.
 * </ul>
 */
public final class IncubatorVectors {
  /** A property that sets how many elements a vector has, else as many as are fastest here. */
  private static final String LANES_PROPERTY = "samplegrad.vector.lanes";

  static final VectorSpecies<Float> SPECIES = species();
  static final int LANES = SPECIES.length();

  private IncubatorVectors() {}

  private static VectorSpecies<Float> species() {
    Integer lanes = Integer.getInteger(LANES_PROPERTY);
    return lanes == null
        ? FloatVector.SPECIES_PREFERRED
        : VectorSpecies.of(float.class, VectorShape.forBitSize(lanes * Float.SIZE));
  }

  static FloatVector at(float[] x, int index) {
    return FloatVector.fromArray(SPECIES, x, index);
  }

  static FloatVector all(float value) {
    return FloatVector.broadcast(SPECIES, value);
  }

  static FloatVector zero() {
    return FloatVector.zero(SPECIES);
  }

  /**
   * The same vector, of a class that the compiler knows. Behind a loop it does not know the class
   * of a sum, unless a profile happens to tell: it would make the vector an object and call its
   * methods.
   */
  static FloatVector asOwnClass(FloatVector sum) {
    return (FloatVector) SPECIES.vectorType().cast(sum);
  }

  static void store(FloatVector sum, float[] x, int index) {
    asOwnClass(sum).intoArray(x, index);
  }

  static float sumOfLanes(FloatVector sum) {
    return asOwnClass(sum).reduceLanes(VectorOperators.ADD);
  }

  static float sumOfLanes(FloatVector sum, FloatVector other) {
    return asOwnClass(sum).add(asOwnClass(other)).reduceLanes(VectorOperators.ADD);
  }
}
