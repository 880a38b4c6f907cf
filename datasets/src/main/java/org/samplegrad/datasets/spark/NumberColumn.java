package org.samplegrad.datasets.spark;

import java.io.Serializable;
import java.util.Arrays;
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
      "an array of numbers, an ML vector, binary data (unsigned bytes) or a number";

  private static final Map<DataType, CellReader> NUMBERS =
      Map.of(
          DataTypes.ByteType, (row, i, into) -> into.take(one(row.getByte(i))),
          DataTypes.ShortType, (row, i, into) -> into.take(one(row.getShort(i))),
          DataTypes.IntegerType, (row, i, into) -> into.take(one(row.getInt(i))),
          DataTypes.LongType, (row, i, into) -> into.take(one(row.getLong(i))),
          DataTypes.FloatType, (row, i, into) -> into.take(one(row.getFloat(i))),
          DataTypes.DoubleType, (row, i, into) -> into.take(one(row.getDouble(i))),
          DataTypes.BinaryType, (row, i, into) -> into.take(row.getBinary(i)));

  private static final Map<DataType, ArrayReader> ARRAYS =
      Map.of(
          DataTypes.ByteType, (values, into) -> into.take(wide(values.toByteArray())),
          DataTypes.ShortType, (values, into) -> into.take(wide(values.toShortArray())),
          DataTypes.IntegerType, (values, into) -> into.take(wide(values.toIntArray())),
          DataTypes.LongType, (values, into) -> into.take(wide(values.toLongArray())),
          DataTypes.FloatType, (values, into) -> into.take(values.toFloatArray()),
          DataTypes.DoubleType, (values, into) -> into.take(values.toDoubleArray()));

  /** What Spark ML stores a vector as: its kind, its size and positions if sparse, its values. */
  private static final String[] VECTOR_FIELDS = {"type", "size", "indices", "values"};

  private static final byte SPARSE = 0;

  /** The column as numbers, or nothing if its type holds none. */
  static Optional<NumberColumn> of(Column column, DataType type) {
    if (NUMBERS.containsKey(type)) {
      return Optional.of(new NumberColumn(column, NUMBERS.get(type)));
    }
    if (type instanceof DecimalType || type.equals(DataTypes.BooleanType)) {
      return of(column.cast(DataTypes.DoubleType), DataTypes.DoubleType);
    }
    if (type instanceof UserDefinedType<?> user && isVector(user.sqlType())) {
      return Optional.of(new NumberColumn(column, NumberColumn::readVector));
    }
    if (type instanceof ArrayType array) {
      return ofArray(column, array);
    }
    return Optional.empty();
  }

  private static Optional<NumberColumn> ofArray(Column column, ArrayType type) {
    DataType element = NestedArrays.element(type);
    if (element instanceof DecimalType) {
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
        && Arrays.equals(struct.fieldNames(), VECTOR_FIELDS);
  }

  private static String readVector(InternalRow row, int ordinal, NumberSink into) {
    InternalRow vector = row.getStruct(ordinal, VECTOR_FIELDS.length);
    double[] values = vector.getArray(3).toDoubleArray();
    if (vector.getByte(0) != SPARSE) {
      return into.take(values);
    }
    int size = vector.getInt(1);
    if (size != into.length()) {
      return "is a sparse vector of size %d; expected %d".formatted(size, into.length());
    }
    int[] positions = vector.getArray(2).toIntArray();
    double[] dense = new double[size];
    for (int i = 0; i < positions.length; i++) {
      if (positions[i] < 0 || positions[i] >= size || positions.length != values.length) {
        return "is a damaged sparse vector";
      }
      dense[positions[i]] = values[i];
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
