package org.samplegrad.core.models.onnx;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import org.samplegrad.core.models.FuzzedReading;

/** Coverage-guided; CONTRIBUTING.md has the command for a long run. */
class OnnxFuzzTest {

  @FuzzTest(maxDuration = "1h")
  void read(byte[] file) throws IOException {
    FuzzedReading.check(file, OnnxFuzzTest::model);
  }

  /** The bytes are the model and the only file beside it. */
  static void model(byte[] file) throws IOException {
    ExternalFiles beside =
        name -> new ExternalFiles.Opened(new ByteArrayInputStream(file), file.length);
    OnnxModel.read(
        "model.onnx", new ByteArrayInputStream(file), file.length, beside, FileParameters.ACCEPT);
  }
}
