package org.samplegrad.job.output;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import org.apache.spark.package$;

/** The versions that took part in a result. */
public final class Versions {
  private static final String BUILD = "/org/samplegrad/job/build.properties";

  private Versions() {}

  public static String ofSampleGrad() {
    Properties properties = new Properties();
    try (InputStream stream = Versions.class.getResourceAsStream(BUILD)) {
      properties.load(stream);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return properties.getProperty("version");
  }

  public static Map<String, String> all() {
    Map<String, String> versions = new LinkedHashMap<>();
    versions.put("samplegrad", ofSampleGrad());
    versions.put("spark", package$.MODULE$.SPARK_VERSION());
    versions.put("scala", scala.util.Properties.versionNumberString());
    versions.put("java", System.getProperty("java.version"));
    return versions;
  }
}
