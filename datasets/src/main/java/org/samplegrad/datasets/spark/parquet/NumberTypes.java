package org.samplegrad.datasets.spark.parquet;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** Which type holds the numbers of two, and which types may be read as another. */
final class NumberTypes {
  private static final List<DataType> INTEGERS =
      List.of(DataTypes.ByteType, DataTypes.ShortType, DataTypes.IntegerType, DataTypes.LongType);

  private NumberTypes() {}

  private static boolean isNumber(DataType type) {
    return INTEGERS.contains(type)
        || type.equals(DataTypes.FloatType)
        || type.equals(DataTypes.DoubleType)
        || type.equals(DataTypes.BooleanType)
        || type instanceof DecimalType;
  }

  /** The type that holds the values of both; nothing if they are not of one kind. */
  static Optional<DataType> widest(DataType one, DataType other) {
    if (one.sameType(other)) {
      return Optional.of(one);
    }
    if (one instanceof ArrayType ones && other instanceof ArrayType others) {
      boolean nulls = ones.containsNull() || others.containsNull();
      return widest(ones.elementType(), others.elementType())
          .map(element -> DataTypes.createArrayType(element, nulls));
    }
    if (one instanceof StructType ones && other instanceof StructType others) {
      return widestStruct(ones, others);
    }
    if (!isNumber(one) || !isNumber(other)) {
      return Optional.empty();
    }
    int integer = Math.max(INTEGERS.indexOf(one), INTEGERS.indexOf(other));
    return Optional.of(
        INTEGERS.contains(one) && INTEGERS.contains(other)
            ? INTEGERS.get(integer)
            : DataTypes.DoubleType);
  }

  private static Optional<DataType> widestStruct(StructType ones, StructType others) {
    StructType wide = ones;
    for (StructField field : others.fields()) {
      Optional<Integer> at = position(ones, field.name(), true);
      if (at.isEmpty()) {
        wide = wide.add(field);
        continue;
      }
      StructField own = ones.fields()[at.get()];
      Optional<DataType> both = widest(own.dataType(), field.dataType());
      if (both.isEmpty()) {
        return Optional.empty();
      }
      StructField[] fields = wide.fields().clone();
      fields[at.get()] = new StructField(own.name(), both.get(), true, own.metadata());
      wide = new StructType(fields);
    }
    return Optional.of(wide);
  }

  /** Where a struct has a field of a name. */
  static Optional<Integer> position(StructType struct, String name, boolean caseSensitive) {
    StructField[] fields = struct.fields();
    for (int i = 0; i < fields.length; i++) {
      String found = fields[i].name();
      if (caseSensitive ? found.equals(name) : found.equalsIgnoreCase(name)) {
        return Optional.of(i);
      }
    }
    return Optional.empty();
  }

  /**
   * What is to be read from a file so that it can be cast to a type without loss: the file's own
   * type, of structs only the fields that are wanted.
   *
   * @param found the file's type
   */
  static Optional<DataType> readable(DataType found, DataType wanted, boolean caseSensitive) {
    if (found instanceof ArrayType ones && wanted instanceof ArrayType others) {
      return readable(ones.elementType(), others.elementType(), caseSensitive)
          .map(element -> DataTypes.createArrayType(element, ones.containsNull()));
    }
    if (found instanceof StructType ones && wanted instanceof StructType others) {
      StructType read = new StructType();
      for (StructField field : others.fields()) {
        Optional<DataType> type =
            position(ones, field.name(), caseSensitive)
                .flatMap(
                    at -> readable(ones.fields()[at].dataType(), field.dataType(), caseSensitive));
        if (type.isEmpty()) {
          return Optional.empty();
        }
        read = read.add(field.name(), type.get(), true);
      }
      return Optional.of(read);
    }
    boolean fits = widest(found, wanted).filter(wide -> wide.sameType(wanted)).isPresent();
    return fits ? Optional.of(found) : Optional.empty();
  }

  /** The names of a struct's fields, for messages. */
  static String names(StructType struct) {
    return String.join(", ", Arrays.asList(struct.fieldNames()));
  }
}
