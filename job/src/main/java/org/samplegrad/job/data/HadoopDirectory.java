package org.samplegrad.job.data;

import java.io.IOException;
import java.io.InputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.util.SerializableConfiguration;
import org.samplegrad.datasets.sources.Mnist;

/** Opens the files of a directory of any file system that Hadoop knows, on executors too. */
final class HadoopDirectory implements Mnist.Opener {
  private static final long serialVersionUID = 1L;

  private final SerializableConfiguration configuration;
  private final String path;

  HadoopDirectory(Configuration configuration, String path) {
    this.configuration = new SerializableConfiguration(configuration);
    this.path = path;
  }

  String path() {
    return path;
  }

  @Override
  public InputStream open(String name) throws IOException {
    return new HadoopFiles(configuration.value()).open(path, name);
  }
}
