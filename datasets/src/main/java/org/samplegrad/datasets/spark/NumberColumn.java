package org.samplegrad.datasets.spark;

import java.io.Serializable;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.types.UserDefinedType;
import org.samplegrad.datasets.NumberSink;

/**
 * A column whose cells hold numbers: the expression that Spark selects, and how a cell of it is
 * read into primitive arrays. All column types are here; a new one is one entry or one case.
 */
record NumberColumn(Column expression, CellReader reader) {

  /** Reads a cell that is not null; says what is wrong with it, or null. */
  @FunctionalInterface
  interface CellReader extends Serializable {
    String read(InternalRow row, int ordinal, NumberSink into);
  }

  /** Reads an array without nulls; says what is wrong with it, or null. */
  @FunctionalInterface
  interface ArrayReader extends Serializable {
    String read(ArrayData values, NumberSink into);
  }

  static final String EXPECTED_TYPES =
      "an array of numbers, an ML vector, binary data (unsigned bytes), a number, or such as text";

  private static final Map<DataType, CellReader> NUMBERS =
      Map.of(
          DataTypes.ByteType, (row, i, into) -> into.take(one(row.getByte(i))),
          DataTypes.ShortType, (row, i, into) -> into.take(one(row.getShort(i))),
          DataTypes.IntegerType, (row, i, into) -> into.take(one(row.getInt(i))),
          DataTypes.LongType, (row, i, into) -> into.take(one(row.getLong(i))),
          DataTypes.FloatType, (row, i, into) -> into.take(one(row.getFloat(i))),
          DataTypes.DoubleType, (row, i, into) -> into.take(one(row.getDouble(i))),
          DataTypes.BinaryType, (row, i, into) -> into.take(row.getBinary(i)),
          DataTypes.StringType,
              (row, i, into) -> TextNumbers.read(row.getUTF8String(i).toString(), into));

  private static final Map<DataType, ArrayReader> ARRAYS =
      Map.of(
          DataTypes.ByteType, (values, into) -> into.take(wide(values.toByteArray())),
          DataTypes.ShortType, (values, into) -> into.take(wide(values.toShortArray())),
          DataTypes.IntegerType, (values, into) -> into.take(wide(values.toIntArray())),
          DataTypes.LongType, (values, into) -> into.take(wide(values.toLongArray())),
          DataTypes.FloatType, (values, into) -> into.take(values.toFloatArray()),
          DataTypes.DoubleType, (values, into) -> into.take(values.toDoubleArray()));

  /** What Spark ML stores a vector as: its kind, its size and positions if sparse, its values. */
  private static final Map<String, DataType> VECTOR_FIELDS = vectorFields();

  private static final String DAMAGED_VECTOR = "is a damaged ML vector";
  private static final byte SPARSE = 0;
  private static final byte DENSE = 1;

  private static Map<String, DataType> vectorFields() {
    Map<String, DataType> fields = new LinkedHashMap<>();
    fields.put("type", DataTypes.ByteType);
    fields.put("size", DataTypes.IntegerType);
    fields.put("indices", DataTypes.createArrayType(DataTypes.IntegerType));
    fields.put("values", DataTypes.createArrayType(DataTypes.DoubleType));
    return fields;
  }

  /** The column as numbers, or nothing if its type holds none. */
  static Optional<NumberColumn> of(Column column, DataType type) {
    if (NUMBERS.containsKey(type)) {
      return Optional.of(new NumberColumn(column, NUMBERS.get(type)));
    }
    if (type instanceof DecimalType || type.equals(DataTypes.BooleanType)) {
      return of(column.cast(DataTypes.DoubleType), DataTypes.DoubleType);
    }
    if (isVector(type instanceof UserDefinedType<?> user ? user.sqlType() : type)) {
      return Optional.of(new NumberColumn(column, NumberColumn::readVector));
    }
    if (type instanceof ArrayType array) {
      return ofArray(column, array);
    }
    return Optional.empty();
  }

  private static Optional<NumberColumn> ofArray(Column column, ArrayType type) {
    DataType element = NestedArrays.element(type);
    if (element instanceof DecimalType || element.equals(DataTypes.BooleanType)) {
      ArrayType doubles = NestedArrays.withElement(type, DataTypes.DoubleType);
      return ofArray(column.cast(doubles), doubles);
    }
    ArrayReader reader = ARRAYS.get(element);
    if (reader == null) {
      return Optional.empty();
    }
    return Optional.of(
        new NumberColumn(
            column, (row, i, into) -> NestedArrays.read(row.getArray(i), type, reader, into)));
  }

  private static boolean isVector(DataType storage) {
    return storage instanceof StructType struct
        && Arrays.asList(struct.fieldNames()).equals(List.copyOf(VECTOR_FIELDS.keySet()))
        && Arrays.stream(struct.fields())
            .allMatch(field -> field.dataType().sameType(VECTOR_FIELDS.get(field.name())));
  }

  private static String readVector(InternalRow row, int ordinal, NumberSink into) {
    InternalRow vector = row.getStruct(ordinal, VECTOR_FIELDS.size());
    if (vector.isNullAt(0) || vector.isNullAt(3)) {
      return DAMAGED_VECTOR;
    }
    byte kind = vector.getByte(0);
    ArrayData values = vector.getArray(3);
    String problem = NestedArrays.nullProblem(values);
    if (problem != null || kind == DENSE) {
      return problem != null ? problem : into.take(values.toDoubleArray());
    }
    if (kind != SPARSE || vector.isNullAt(1) || vector.isNullAt(2)) {
      return DAMAGED_VECTOR;
    }
    int size = vector.getInt(1);
    if (size != into.length()) {
      return "is a sparse vector of size %d; expected %d".formatted(size, into.length());
    }
    ArrayData positions = vector.getArray(2);
    return NestedArrays.nullProblem(positions) == null
            && positions.numElements() == values.numElements()
        ? readSparse(size, positions.toIntArray(), values.toDoubleArray(), into)
        : DAMAGED_VECTOR;
  }

  /**
   * @param positions increasing
   */
  private static String readSparse(int size, int[] positions, double[] values, NumberSink into) {
    double[] dense = new double[size];
    int before = -1;
    for (int i = 0; i < positions.length; i++) {
      if (positions[i] <= before || positions[i] >= size) {
        return DAMAGED_VECTOR;
      }
      before = positions[i];
      dense[before] = values[i];
    }
    return into.take(dense);
  }

  private static double[] one(double value) {
    return new double[] {value};
  }

  private static double[] wide(byte[] values) {
    return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
  }

  private static double[] wide(short[] values) {
    return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
  }

  private static double[] wide(int[] values) {
    return Arrays.stream(values).asDoubleStream().toArray();
  }

  private static double[] wide(long[] values) {
    return LongStream.of(values).asDoubleStream().toArray();
  }
}
