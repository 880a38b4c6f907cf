package org.samplegrad.core.models;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import java.io.IOException;

/** Coverage-guided; CONTRIBUTING.md has the command for a long run. */
class ModelSpecFuzzTest {

  @FuzzTest(maxDuration = "1h")
  void read(byte[] file) throws IOException {
    FuzzedReading.check(
        file, bytes -> ModelSpec.read("model.json", new ByteArrayInputStream(bytes)));
  }
}
