package org.samplegrad.job.data;

import java.io.IOException;
import java.io.InputStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.util.SerializableConfiguration;
import org.samplegrad.datasets.sources.Mnist;

/** Opens the files of a directory of any file system that Hadoop knows, on executors too. */
final class HadoopDirectory implements Mnist.Opener {
  private static final long serialVersionUID = 1L;

  /** Broadcast, as each partition of a data set has a copy of this object. */
  private final Broadcast<SerializableConfiguration> configuration;

  private final String path;

  HadoopDirectory(JavaSparkContext spark, String path) {
    this.configuration =
        spark.broadcast(new SerializableConfiguration(spark.hadoopConfiguration()));
    this.path = path;
  }

  String path() {
    return path;
  }

  @Override
  public InputStream open(String name) throws IOException {
    return new HadoopFiles(configuration.value().value()).open(path, name);
  }
}
