package org.samplegrad.core.parameters;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.samplegrad.core.backend.Shape;

/** The names and shapes of a model's parameters, and where each lies in a flat vector. */
public final class ParameterLayout implements Serializable {
  private static final long serialVersionUID = 1L;

  /** One parameter; its elements are row-major from {@code offset} on. */
  public record Entry(String name, Shape shape, int offset) implements Serializable {
    public int size() {
      return shape.size();
    }
  }

  private final ArrayList<Entry> entries = new ArrayList<>();
  private final int size;

  /**
   * @throws IllegalArgumentException if the lists differ in length, a name occurs twice, or there
   *     are more elements in all than an array can hold
   */
  public ParameterLayout(List<String> names, List<Shape> shapes) {
    if (names.size() != shapes.size()) {
      throw new IllegalArgumentException(names.size() + " names for " + shapes.size() + " shapes");
    }
    Set<String> seen = new HashSet<>();
    long offset = 0;
    for (int i = 0; i < names.size(); i++) {
      if (!seen.add(names.get(i))) {
        throw new IllegalArgumentException("Two parameters are named '" + names.get(i) + "'");
      }
      entries.add(new Entry(names.get(i), shapes.get(i), Math.toIntExact(offset)));
      offset += shapes.get(i).size();
      if (offset > Integer.MAX_VALUE - 8) {
        throw new IllegalArgumentException(
            "The model has more parameters than an array can hold (2147483639)");
      }
    }
    size = (int) offset;
  }

  public List<Entry> entries() {
    return List.copyOf(entries);
  }

  /** The number of elements of all parameters together, D. */
  public int size() {
    return size;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ParameterLayout layout && entries.equals(layout.entries);
  }

  @Override
  public int hashCode() {
    return entries.hashCode();
  }

  @Override
  public String toString() {
    return entries.toString();
  }
}
