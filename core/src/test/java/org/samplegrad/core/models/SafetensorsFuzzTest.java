package org.samplegrad.core.models;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.parameters.ParameterLayout;

/** Coverage-guided; CONTRIBUTING.md has the command for a long run. */
class SafetensorsFuzzTest {
  private static final ParameterLayout LAYOUT =
      new ParameterLayout(List.of("0.weight"), List.of(Shape.of(1, 2)));

  @FuzzTest(maxDuration = "1h")
  void read(byte[] file) throws IOException {
    FuzzedReading.check(
        file,
        bytes ->
            Safetensors.read(
                "weights.safetensors", new ByteArrayInputStream(bytes), bytes.length, LAYOUT));
  }
}
