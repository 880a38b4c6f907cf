package org.samplegrad.job.cli;

import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SQLContext;
import org.apache.spark.sql.sources.BaseRelation;
import org.apache.spark.sql.sources.DataSourceRegister;
import org.apache.spark.sql.sources.RelationProvider;
import org.apache.spark.sql.sources.TableScan;
import org.apache.spark.sql.types.StructType;
import scala.collection.immutable.Map;

/** Stands for the reader of a table format, by which one row of the files counts. */
public final class FirstRowSource implements RelationProvider, DataSourceRegister {

  @Override
  public String shortName() {
    return "hudi";
  }

  @Override
  public BaseRelation createRelation(SQLContext context, Map<String, String> parameters) {
    Dataset<Row> one = context.sparkSession().read().parquet(parameters.apply("path")).limit(1);
    return new OneRow(context, one.schema(), one.javaRDD());
  }

  private static final class OneRow extends BaseRelation implements TableScan {
    private final SQLContext context;
    private final StructType schema;
    private final JavaRDD<Row> rows;

    OneRow(SQLContext context, StructType schema, JavaRDD<Row> rows) {
      this.context = context;
      this.schema = schema;
      this.rows = rows;
    }

    @Override
    public SQLContext sqlContext() {
      return context;
    }

    @Override
    public StructType schema() {
      return schema;
    }

    @Override
    public RDD<Row> buildScan() {
      return rows.rdd();
    }
  }
}
