package org.samplegrad.datasets.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.losses.TargetSpec;
import org.samplegrad.core.passes.Block;
import org.samplegrad.datasets.BlockDelivery;
import org.samplegrad.datasets.RowPolicy;
import org.samplegrad.datasets.SampleFormat;

/** Columns of every type that holds numbers. */
class TableBlocksTest extends SparkSuite {
  private static final BlockOptions OPTIONS =
      new BlockOptions(10, BlockOptions.AS_FOUND, BlockOptions.ALL, RowPolicy.FAIL);

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
      value = {
        "array(1d, 2d)",
        "array(1f, 2f)",
        "array(1, 2)",
        "array(1L, 2L)",
        "array(1S, 2S)",
        "array(1Y, 2Y)",
        "array(1.0, 2.0)",
        "X'0102'",
        "array(array(1d), array(2d))",
        "array(array(1f, 2f))",
        "array(array(array(1Y, 2Y)))",
        "array(array(1.0), array(2.0))"
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
  @CsvSource({"3", "3L", "3S", "3Y", "3d", "3f", "3.0", "array(3)", "array(array(3d))", "X'03'"})
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

  private static void assertSame(Block found, Block expected) {
    assertThat(found).usingRecursiveComparison().isEqualTo(expected);
  }
}
