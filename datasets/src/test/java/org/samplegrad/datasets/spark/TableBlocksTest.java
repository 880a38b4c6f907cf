package org.samplegrad.datasets.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.losses.TargetSpec;
import org.samplegrad.core.passes.Block;
import org.samplegrad.datasets.BadDataException;
import org.samplegrad.datasets.BadRow;
import org.samplegrad.datasets.BlockDelivery;
import org.samplegrad.datasets.RowPolicy;
import org.samplegrad.datasets.SampleFormat;

/** Columns of every type that holds numbers. */
class TableBlocksTest extends SparkSuite {
  private static final BlockOptions OPTIONS =
      new BlockOptions(10, BlockOptions.AS_FOUND, BlockOptions.ALL, RowPolicy.FAIL);

  @TempDir Path files;

  private static BlockDelivery only(Dataset<Row> table, Shape sample, TargetSpec target) {
    SampleFormat format = new SampleFormat(sample, target, Precision.FLOAT64);
    List<BlockDelivery> deliveries =
        TableBlocks.of(table.coalesce(1), "table", "features", "label", format, OPTIONS)
            .deliveries()
            .collect();
    assertThat(deliveries).hasSize(1);
    return deliveries.get(0);
  }

  /** Each cell holds the numbers 1 and 2, but for the type. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '#',
      value = {
        "array(1d, 2d)",
        "array(1f, 2f)",
        "array(1, 2)",
        "array(1L, 2L)",
        "array(1S, 2S)",
        "array(1Y, 2Y)",
        "array(1.0, 2.0)",
        "X'0102'",
        "string('[1, 2]')",
        "string('[[1], [2]]')",
        "array(array(1d), array(2d))",
        "array(array(1f, 2f))",
        "array(array(array(1Y, 2Y)))",
        "array(array(1.0), array(2.0))",
        "named_struct('type', 1Y, 'size', int(NULL), 'indices', array(0), 'values', array(1d, 2d))",
        "named_struct('type', 0Y, 'size', 2, 'indices', array(0, 1), 'values', array(1d, 2d))"
      })
  void featuresOfEveryType(String expression) {
    Dataset<Row> table = session().sql("SELECT %s AS features, 3 AS label".formatted(expression));
    Block expected =
        expression.startsWith("X'")
            ? Block.of(1, Shape.of(1, 2), new byte[] {1, 2}, unsigned(), new double[] {3})
            : Block.of(1, Shape.of(1, 2), new double[] {1, 2}, new double[] {3});
    assertSame(only(table, Shape.of(1, 2), new TargetSpec.Numbers(1)).block(), expected);
  }

  private static float[] unsigned() {
    float[] lookupTable = new float[256];
    for (int code = 0; code < lookupTable.length; code++) {
      lookupTable[code] = code;
    }
    return lookupTable;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "3",
        "3L",
        "3S",
        "3Y",
        "3d",
        "3f",
        "3.0",
        "array(3)",
        "array(array(3d))",
        "X'03'",
        "'3'",
        "'3.0'",
        "'[3]'"
      })
  void labelsOfEveryType(String expression) {
    Dataset<Row> table =
        session().sql("SELECT array(1d, 2d) AS features, %s AS label".formatted(expression));
    Block block = only(table, Shape.of(2), new TargetSpec.ClassIndex(10)).block();
    assertThat(block.targets().values()).containsExactly(3);
  }

  @Test
  void vectorsDenseAndSparse() {
    StructType schema =
        new StructType()
            .add("features", SQLDataTypes.VectorType())
            .add("label", DataTypes.DoubleType);
    Dataset<Row> table =
        session()
            .createDataFrame(
                List.of(
                    RowFactory.create(Vectors.dense(1, 0, 2), 3.0),
                    RowFactory.create(
                        Vectors.sparse(3, new int[] {0, 2}, new double[] {1, 2}), 4.0)),
                schema);
    Block expected = Block.of(2, Shape.of(3), new double[] {1, 0, 2, 1, 0, 2}, new double[] {3, 4});
    assertSame(only(table, Shape.of(3), new TargetSpec.Numbers(1)).block(), expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "array(array(1d, 2d), array(3d))         | different lengths, 2 and 1",
        "array(array(1d, 2d), array())           | different lengths, 2 and 0",
        "array(array(1d, 2d))                    | has 2 numbers; expected 6",
        "array(array(1d, 2d), array(3d, NULL))   | null at position 1",
        "array(array(1d, 2d), NULL)              | null at position 1",
        "array(array(1d, 2d), array(3d, 4d), array(5d, 6d)) | shape [3, 2]; expected [2, 3]"
      })
  void nestedArraysThatDoNotFit(String expression, String problem) {
    Dataset<Row> table = session().sql("SELECT %s AS features, 3 AS label".formatted(expression));
    BlockDelivery delivery = only(table, Shape.of(2, 3), new TargetSpec.Numbers(1));
    assertThat(delivery.badRow().problem()).contains(problem);
  }

  @Test
  void booleansAreZeroAndOne() {
    Dataset<Row> table = session().sql("SELECT array(true, false) features, true label");
    Block expected = Block.of(1, Shape.of(2), new double[] {1, 0}, new double[] {1});
    assertSame(only(table, Shape.of(2), new TargetSpec.Numbers(1)).block(), expected);
  }

  /** What Spark ML writes, with one thing wrong. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "NULL | 2    | array(0, 1)    | array(1d, 2d)    | is a damaged ML vector",
        "2Y   | 2    | array(0, 1)    | array(1d, 2d)    | is a damaged ML vector",
        "1Y   | NULL | array(0)       | NULL             | is a damaged ML vector",
        "1Y   | NULL | array(0)       | array(1d, NULL)  | holds null at position 1",
        "1Y   | NULL | array(0)       | array(1d)        | has 1 number; expected 2",
        "0Y   | NULL | array(0, 1)    | array(1d, 2d)    | is a damaged ML vector",
        "0Y   | 2    | NULL           | array(1d, 2d)    | is a damaged ML vector",
        "0Y   | 2    | array(0, NULL) | array(1d, 2d)    | is a damaged ML vector",
        "0Y   | 2    | array(1, 0)    | array(1d, 2d)    | is a damaged ML vector",
        "0Y   | 2    | array(1, 1)    | array(1d, 2d)    | is a damaged ML vector",
        "0Y   | 2    | array(-1, 1)   | array(1d, 2d)    | is a damaged ML vector",
        "0Y   | 2    | array(0, 2)    | array(1d, 2d)    | is a damaged ML vector",
        "0Y   | 2    | array(0)       | array(1d, 2d)    | is a damaged ML vector",
        "0Y   | 3    | array(0, 1)    | array(1d, 2d)    | sparse vector of size 3; expected 2"
      })
  void damagedVectors(String type, String size, String indices, String values, String problem) {
    String vector =
        "named_struct('type', tinyint(%s), 'size', int(%s), 'indices', array(0, NULL), 'values', array(0d, NULL))"
            .formatted(type, size)
            .replace("array(0, NULL)", "CAST(%s AS array<int>)".formatted(indices))
            .replace("array(0d, NULL)", "CAST(%s AS array<double>)".formatted(values));
    Dataset<Row> table = session().sql("SELECT %s features, 3 label".formatted(vector));
    BlockDelivery delivery = only(table, Shape.of(2), new TargetSpec.Numbers(1));
    assertThat(delivery.badRow().problem()).contains(problem);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "date '2024-01-01'         | date",
        "timestamp '2024-01-01'    | timestamp",
        "map(1, 2)                 | map<int,int>",
        "array('1')                | array<string>",
        "array(date '2024-01-01')  | array<date>",
        "named_struct('values', 1) | struct<values:int>",
        "named_struct('type', 1, 'size', 2, 'indices', array(0), 'values', array(1d)) | struct<"
      })
  void columnsThatHoldNoNumbers(String expression, String type) {
    Dataset<Row> table = session().sql("SELECT 1 features, %s label".formatted(expression));
    assertThatThrownBy(() -> only(table, Shape.of(1), new TargetSpec.Numbers(1)))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("Column 'label' of table has the type " + type)
        .hasMessageContaining("expected an array of numbers");
  }

  @Test
  void columnsThatAreNotThere() {
    Dataset<Row> table = session().sql("SELECT 1 `a.b`, named_struct('x', 2) s, 3 label");
    for (String missing : List.of("features", "*", "s.y")) {
      assertThatThrownBy(() -> of(table, missing, Integer.MAX_VALUE, RowPolicy.FAIL))
          .isInstanceOf(BadDataException.class)
          .hasMessage("table has no column '%s'; its columns are a.b, s, label", missing);
    }
    assertThat(labels(of(table, "a.b", 9, RowPolicy.FAIL))).containsExactly(3);
    assertThat(labels(of(table, "s.x", 9, RowPolicy.FAIL))).containsExactly(3);
    Dataset<Row> unnamed = table.toDF("_c0", "_c1", "_c2");
    assertThatThrownBy(() -> of(unnamed, "features", 9, RowPolicy.FAIL))
        .hasMessageEndingWith(
            "_c0, _c1, _c2. --read-option header=true takes the names from the first line");
  }

  private static TableBlocks of(Dataset<Row> table, String features, long limit, RowPolicy policy) {
    SampleFormat format =
        new SampleFormat(Shape.of(1), new TargetSpec.Numbers(1), Precision.FLOAT64);
    BlockOptions options = new BlockOptions(4, BlockOptions.AS_FOUND, limit, policy);
    return TableBlocks.of(table, "table", features, "label", format, options);
  }

  private static double[] labels(TableBlocks blocks) {
    return blocks.deliveries().collect().stream()
        .filter(delivery -> delivery.block() != null)
        .flatMapToDouble(delivery -> Arrays.stream(delivery.block().targets().values()))
        .toArray();
  }

  /** In partitions of different lengths, one of them without a row. */
  @ParameterizedTest
  @CsvSource({"1", "3", "4", "17", "18", "19", "29", "30", "31"})
  void theFirstRowsAreThoseOfTheFirstPartitions(int limit) {
    Dataset<Row> all =
        session().range(0, 40, 1, 10).toDF().where("id < 30 AND id NOT BETWEEN 4 AND 11");
    double[] found =
        labels(of(all.selectExpr("id features", "id label"), "features", limit, RowPolicy.FAIL));
    double[] expected =
        IntStream.range(0, 30)
            .filter(id -> id < 4 || id > 11)
            .limit(limit)
            .asDoubleStream()
            .toArray();
    assertThat(found).containsExactly(expected);
  }

  private static BadRow bad(TableBlocks blocks) {
    return blocks.deliveries().collect().stream()
        .map(BlockDelivery::badRow)
        .filter(Objects::nonNull)
        .findFirst()
        .orElseThrow();
  }

  /** Counted through all earlier partitions. */
  @ParameterizedTest
  @CsvSource({"0", "7", "8", "23", "39"})
  void aBadRowOfATableIsNamedByItsPositionInTheTable(int row) {
    Dataset<Row> table =
        session()
            .range(0, 40, 1, 5)
            .selectExpr("if(id = %d, NULL, id) features".formatted(row), "id label");
    TableBlocks blocks = of(table, "features", BlockOptions.ALL, RowPolicy.FAIL);
    assertThat(blocks.describe(bad(blocks)))
        .isEqualTo("Row %d of table (rows counted from 0): column 'features' is null", row);
  }

  /** Counted through all earlier pieces of the file, and through no other file. */
  @ParameterizedTest
  @CsvSource({"0", "7", "123", "250", "399"})
  void aBadRowOfAFileIsNamedByItsPositionInTheFile(int row) throws IOException {
    for (String name : List.of("a", "b", "c")) {
      Files.write(
          files.resolve(name + ".csv"),
          IntStream.range(0, 400)
              .mapToObj(i -> (i == row && name.equals("b") ? "x" : i) + "," + i)
              .toList());
    }
    session().conf().set("spark.sql.files.maxPartitionBytes", "700b");
    session().conf().set("spark.sql.files.openCostInBytes", "1b");
    try {
      Dataset<Row> table =
          session().read().schema("features STRING, label INT").csv(files.toString());
      TableBlocks blocks = of(table, "features", BlockOptions.ALL, RowPolicy.FAIL);
      assertThat(blocks.deliveries().getNumPartitions()).isGreaterThan(10);
      assertThat(blocks.describe(bad(blocks)))
          .startsWith("Row %d of 'file://%s/b.csv' (rows".formatted(row, files))
          .contains("column 'features' holds the text 'x'");
    } finally {
      session().conf().unset("spark.sql.files.maxPartitionBytes");
      session().conf().unset("spark.sql.files.openCostInBytes");
    }
  }

  @Test
  void badRowsAreSkippedAndCounted() {
    Dataset<Row> table =
        session().range(0, 40, 1, 5).selectExpr("if(id % 3 = 0, NULL, id) features", "id label");
    TableBlocks blocks = of(table, "features", BlockOptions.ALL, RowPolicy.SKIP);
    assertThat(labels(blocks))
        .containsExactly(
            IntStream.range(0, 40).filter(id -> id % 3 != 0).asDoubleStream().toArray());
    assertThat(blocks.deliveries().collect().stream().mapToLong(BlockDelivery::skippedRows).sum())
        .isEqualTo(14);
    assertThat(blocks.name()).isEqualTo("table");
  }

  private static void assertSame(Block found, Block expected) {
    assertThat(found).usingRecursiveComparison().isEqualTo(expected);
  }
}
