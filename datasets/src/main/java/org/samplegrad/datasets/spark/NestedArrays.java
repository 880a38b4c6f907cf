package org.samplegrad.datasets.spark;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.samplegrad.datasets.NumberSink;
import org.samplegrad.datasets.spark.NumberColumn.ArrayReader;

/** Cells that are arrays of numbers, or arrays of arrays of them, read in row-major order. */
final class NestedArrays {
  private NestedArrays() {}

  /** The type of the innermost elements. */
  static DataType element(ArrayType type) {
    return type.elementType() instanceof ArrayType inner ? element(inner) : type.elementType();
  }

  /** The same nesting with other innermost elements. */
  static ArrayType withElement(ArrayType type, DataType element) {
    DataType replaced =
        type.elementType() instanceof ArrayType inner ? withElement(inner, element) : element;
    return DataTypes.createArrayType(replaced, type.containsNull());
  }

  /** Reads a cell; says what is wrong with it, or null. */
  static String read(ArrayData values, ArrayType type, ArrayReader reader, NumberSink into) {
    if (!(type.elementType() instanceof ArrayType)) {
      String problem = nullProblem(values, type);
      return problem != null ? problem : reader.read(values, into);
    }
    Joined joined = new Joined(into.length());
    List<Integer> extents = new ArrayList<>();
    String problem = join(values, type, reader, joined, extents, 0);
    if (problem == null && joined.count == into.length()) {
      problem = into.arrangementProblem(extents.stream().mapToInt(Integer::intValue).toArray());
    }
    return problem != null ? problem : into.take(joined.numbers());
  }

  private static String nullProblem(ArrayData values, ArrayType type) {
    return type.containsNull() ? nullProblem(values) : null;
  }

  /** Where an array holds null, as a phrase; null if nowhere. */
  static String nullProblem(ArrayData values) {
    for (int i = 0; i < values.numElements(); i++) {
      if (values.isNullAt(i)) {
        return "holds null at position " + i;
      }
    }
    return null;
  }

  /**
   * @param extents found so far, one for each level
   */
  private static String join(
      ArrayData values,
      ArrayType type,
      ArrayReader reader,
      Joined joined,
      List<Integer> extents,
      int level) {
    String problem = nullProblem(values, type);
    if (problem != null) {
      return problem;
    }
    int length = values.numElements();
    if (extents.size() == level) {
      extents.add(length);
    } else if (extents.get(level) != length) {
      return "has inner arrays of different lengths, %d and %d"
          .formatted(extents.get(level), length);
    }
    if (!(type.elementType() instanceof ArrayType inner)) {
      return reader.read(values, joined);
    }
    for (int i = 0; i < length && problem == null; i++) {
      problem = join(values.getArray(i), inner, reader, joined, extents, level + 1);
    }
    return problem;
  }

  /** Gathers the numbers of inner arrays. */
  private static final class Joined implements NumberSink {
    private double[] numbers;
    private int count;

    Joined(int length) {
      numbers = new double[length];
    }

    double[] numbers() {
      return Arrays.copyOf(numbers, count);
    }

    @Override
    public int length() {
      return numbers.length;
    }

    private void reserve(int more) {
      if (more > numbers.length - count) {
        numbers = Arrays.copyOf(numbers, Math.addExact(count, Math.max(more, count)));
      }
    }

    @Override
    public String take(double[] values) {
      reserve(values.length);
      System.arraycopy(values, 0, numbers, count, values.length);
      count += values.length;
      return null;
    }

    @Override
    public String take(float[] values) {
      reserve(values.length);
      for (float value : values) {
        numbers[count++] = value;
      }
      return null;
    }

    @Override
    public String take(byte[] values) {
      reserve(values.length);
      for (byte value : values) {
        numbers[count++] = value & 0xff;
      }
      return null;
    }

    @Override
    public String arrangementProblem(int[] extents) {
      return null;
    }
  }
}
