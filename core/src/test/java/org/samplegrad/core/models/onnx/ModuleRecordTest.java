package org.samplegrad.core.models.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.samplegrad.core.models.UnusableModelException;
import org.samplegrad.core.parameters.ParameterLayout;

/** What samplegrad.export writes into a file decides, and must fit the file. */
class ModuleRecordTest {
  /** Of the float32 numbers 1, 2, 3, 4, by Python's hashlib. */
  private static final String ONE_TO_FOUR =
      "sha256:ad73b9acd6e4a74b2f5bb5386658ce3bb146cd040a1867646ab3b973fb6632b1";

  private static final String RECORD =
      """
      {"version": 1,
       "parameters": [
         {"name": "gain", "shape": [4], "requires_grad": false, "tensor": "w", "fingerprint": "%1$s"},
         {"name": "left", "shape": [7], "requires_grad": true, "tensor": null, "fingerprint": null, "unused": true}],
       "buffers": [
         {"name": "mask", "shape": [4], "tensor": "m", "fingerprint": "%1$s"},
         {"name": "count", "shape": [], "tensor": null, "fingerprint": null}],
       "ties": {"again": "gain"},
       "exporter": "dynamo"}
      """
          .formatted(ONE_TO_FOUR);

  private static OnnxText file(String record) {
    OnnxText file =
        new OnnxText(-1, 4)
            .weight("w", 4)
            .weight("m", 4)
            .node("Mul", List.of("x", "w"), List.of("h"))
            .node("Add", List.of("h", "m"), List.of("y"));
    file.model()
        .addMetadataProps(
            StringStringEntryProto.newBuilder().setKey("samplegrad.module").setValue(record));
    return file;
  }

  @Test
  void parametersHaveTheirNamesAndBuffersAreConstant() {
    OnnxModel read = file(RECORD).read(FileParameters.REFUSE_DOUBT);
    assertThat(read.weights().layout().entries())
        .extracting(ParameterLayout.Entry::name)
        .containsExactly("gain");
    assertThat(read.frozen()).containsExactly("gain");
    assertThat(read.unused()).containsExactly("left");
    assertThat(read.notes())
        .anyMatch(note -> note.contains("'gain' are frozen"))
        .anyMatch(note -> note.contains("'left' take no part"));
  }

  @Test
  void aTensorThatAnOptimiserComputedFromAParameterSinceIsRefused() {
    OnnxText file = file(RECORD);
    file.graph()
        .addValueInfo(
            ValueInfoProto.newBuilder()
                .setName("m")
                .addMetadataProps(
                    StringStringEntryProto.newBuilder()
                        .setKey("pkg.onnxscript.optimizer.folded_from")
                        .setValue("['val_0', 'w']")));
    assertThatThrownBy(() -> file.read(FileParameters.REFUSE_DOUBT))
        .isInstanceOf(UnusableModelException.class)
        .hasMessageContaining("'m' was computed from the parameter 'gain'");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"version\": 1 | \"version\": 2 | version 2",
        "\"version\": 1, | | version none",
        "\"tensor\": \"w\" | \"tensor\": \"v\" | 'gain' should be the tensor 'v', but the file has no such tensor",
        "\"name\": \"gain\", \"shape\": [4] | \"name\": \"gain\", \"shape\": [2, 2] | instead of [2, 2]",
        "\"tensor\": \"m\", \"fingerprint\": \"sha256:%s | \"tensor\": \"m\", \"fingerprint\": \"sha256:0 | 'mask' should be the tensor 'm', but the tensor has other values",
        "\"tensor\": \"w\", \"fingerprint\": \"sha256:%s | \"tensor\": \"w\", \"fingerprint\": \"sha256:0 | 'gain' should be the tensor 'w', but the tensor has other values",
        "\"tensor\": \"m\" | \"tensor\": \"w\" | to two of the module's",
        "\"name\": \"mask\" | \"name\": \"gain\" | names 'gain' twice",
        "\"again\": \"gain\" | \"again\": \"pain\" | ties 'again' to 'pain'",
        "\"tensor\": \"w\" | \"tensor\": null | no tensor for the parameter 'gain'",
        "\"tensor\": \"w\" | \"tensor\": 3 | needs text as 'tensor'",
        "\"requires_grad\": false | \"requires_grad\": \"no\" | true or false",
        "\"shape\": [7] | \"shape\": [-7] | the shape [-7]",
        "\"buffers\" | \"butter\" | no list of buffers",
        "\"ties\": {\"again\" | \"ties\": [\"again\" | is damaged",
      })
  void whatDoesNotFitIsRefused(String part, String replacement, String message) {
    String hash = ONE_TO_FOUR.substring("sha256:".length());
    String changed =
        RECORD.replace(
            part.replace("%s", hash), replacement == null ? "" : replacement.replace("%s", hash));
    assertThat(changed).isNotEqualTo(RECORD);
    assertThatThrownBy(() -> file(changed).read(FileParameters.ACCEPT))
        .isInstanceOf(UnusableModelException.class)
        .hasMessageContaining("samplegrad.module")
        .hasMessageContaining(message);
  }

  @Test
  void deepNestingIsRefused() {
    assertThatThrownBy(() -> file("[".repeat(100_000)).read())
        .isInstanceOf(UnusableModelException.class)
        .hasMessageContaining("is damaged");
  }

  @ParameterizedTest
  @EnumSource(FileParameters.class)
  void aParameterThatTheOutputDoesNotTakeIsRefused(FileParameters parameters) {
    OnnxText file =
        new OnnxText(-1, 4)
            .weight("w", 4)
            .weight("m", 4)
            .node("Add", List.of("x", "m"), List.of("y"));
    file.model()
        .addMetadataProps(
            StringStringEntryProto.newBuilder().setKey("samplegrad.module").setValue(RECORD));
    assertThatThrownBy(() -> file.read(parameters))
        .isInstanceOf(UnusableModelException.class)
        .hasMessageContaining("'gain'");
  }
}
