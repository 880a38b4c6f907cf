package org.samplegrad.core.models.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.samplegrad.core.models.UnusableModelException;
import org.samplegrad.core.parameters.ParameterLayout;

/**
 * Files of both exporters have exactly the parameters of their modules, by names, shapes and
 * values, or are refused. {@code make_onnx_parameter_cases.py} makes them.
 */
class ParameterIdentityTest {
  private static final String FOLDER = "/onnx-parameters/";

  static Stream<Named<JsonNode>> files() throws IOException {
    List<Named<JsonNode>> files = new ArrayList<>();
    try (InputStream stream =
        ParameterIdentityTest.class.getResourceAsStream(FOLDER + "cases.json")) {
      new ObjectMapper()
          .readTree(stream)
          .forEach(file -> files.add(Named.of(file.get("file").textValue(), file)));
    }
    return files.stream();
  }

  private static OnnxModel read(JsonNode file, FileParameters parameters) throws IOException {
    try (InputStream stream =
        ParameterIdentityTest.class.getResourceAsStream(FOLDER + file.get("file").textValue())) {
      return OnnxText.read(stream.readAllBytes(), ExternalFiles.NONE, parameters);
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("files")
  void aFileHasTheParametersOfItsModuleOrIsRefused(JsonNode file) throws IOException {
    JsonNode expected = file.get("parameters");
    if (!file.get("noted").isNull()) {
      assertThat(read(file, FileParameters.REFUSE_DOUBT).notes())
          .anyMatch(note -> note.contains(file.get("noted").textValue()));
    } else if (file.get("refused").isNull()) {
      OnnxModel read = read(file, FileParameters.REFUSE_DOUBT);
      List<String> names = new ArrayList<>();
      expected.fieldNames().forEachRemaining(names::add);
      List<ParameterLayout.Entry> entries = read.weights().layout().entries();
      assertThat(entries).extracting(ParameterLayout.Entry::name).hasSameElementsAs(names);
      for (ParameterLayout.Entry entry : entries) {
        JsonNode parameter = expected.get(entry.name());
        assertThat(Arrays.toString(entry.shape().extents()).replace(" ", ""))
            .as(entry.name())
            .isEqualTo(parameter.get("shape").toString());
        double[] values = read.weights().values(entry);
        double sum = 0;
        for (int i = 0; i < values.length; i++) {
          sum += values[i] * (i + 1);
        }
        assertThat(sum)
            .as(entry.name())
            .isCloseTo(parameter.get("sum").doubleValue(), within(1e-9));
      }
      assertThat(read.merged()).isEmpty();
    } else {
      assertThatThrownBy(() -> read(file, FileParameters.REFUSE_DOUBT))
          .isInstanceOf(UnusableModelException.class)
          .hasMessageContaining(file.get("refused").textValue())
          .hasMessageContaining("samplegrad.export(")
          .hasMessageContaining("--accept-file-parameters");
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("files")
  void adviceNeverNamesTheExportThatTheFileIs(JsonNode file) {
    if (file.get("refused").isNull() || !file.get("file").textValue().contains("-unoptimised")) {
      return;
    }
    assertThatThrownBy(() -> read(file, FileParameters.REFUSE_DOUBT))
        .message()
        .doesNotContain("optimize=False");
  }

  /** Nothing in such a file tells a layer from one that is written by hand with fixed weights. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("files")
  void filesOfTheOlderExporterAreTakenWithANote(JsonNode file) throws IOException {
    String name = file.get("file").textValue();
    if (file.get("refused").isNull() && (name.contains("-script") || name.contains("-unfolded"))) {
      assertThat(read(file, FileParameters.REFUSE_DOUBT).notes())
          .anyMatch(note -> note.contains("a buffer or frozen"));
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("files")
  void whatIsRefusedCanBeAccepted(JsonNode file) throws IOException {
    OnnxModel read = read(file, FileParameters.ACCEPT);
    assertThat(read.weights().layout().size()).isPositive();
    if (!file.get("refused").isNull()) {
      assertThat(read.notes()).anyMatch(note -> note.contains("file's own tensors are taken"));
    }
  }
}
