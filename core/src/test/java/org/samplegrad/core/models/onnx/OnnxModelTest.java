package org.samplegrad.core.models.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import java.io.ByteArrayInputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.golden.OnnxCase;
import org.samplegrad.core.models.UnusableModelException;
import org.samplegrad.core.parameters.ParameterLayout;

/** What becomes of tensors, names and shapes. */
class OnnxModelTest {
  private static final double[] NUMBERS = {1.5, -2, 0.25, 0};

  private static OnnxText sum(TensorProto.Builder tensor) {
    return new OnnxText(-1, 4).tensor(tensor).node("Add", "w");
  }

  private static List<String> names(OnnxModel read) {
    return read.weights().layout().entries().stream().map(ParameterLayout.Entry::name).toList();
  }

  @ParameterizedTest
  @EnumSource(
      value = ElementType.class,
      names = {"FLOAT", "DOUBLE", "FLOAT16", "BFLOAT16"})
  void everyTypeIsReadFromBytesAndFromFields(ElementType type) {
    int code = TensorProto.DataType.valueOf(type.name()).getNumber();
    ByteBuffer bytes = ByteBuffer.allocate(32).order(ByteOrder.LITTLE_ENDIAN);
    TensorProto.Builder fields = OnnxTensors.of("w", code, 4);
    for (double number : NUMBERS) {
      switch (type) {
        case FLOAT -> {
          bytes.putFloat((float) number);
          fields.addFloatData((float) number);
        }
        case DOUBLE -> {
          bytes.putDouble(number);
          fields.addDoubleData(number);
        }
        default -> {
          int bits = Float.floatToIntBits((float) number);
          int fraction = bits >> 13 & 0x3ff;
          int exponent = number == 0 ? 0 : (bits >> 23 & 0xff) - 112;
          int half = (bits >>> 31) << 15 | exponent << 10 | fraction;
          int pattern = type == ElementType.FLOAT16 ? half : bits >>> 16;
          bytes.putShort((short) pattern);
          fields.addInt32Data(pattern);
        }
      }
    }
    TensorProto.Builder raw = OnnxTensors.of("w", code, 4);
    raw.setRawData(ByteString.copyFrom(bytes.array(), 0, bytes.position()));
    assertThat(sum(raw).read().weights().values()).isEqualTo(NUMBERS);
    assertThat(sum(fields).read().weights().values()).isEqualTo(NUMBERS);
  }

  @Test
  void tensorsOutsideAreReadFromTheirOffset() {
    ByteBuffer file = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(-1).putFloat(1).putFloat(2).putFloat(3).putFloat(4);
    OnnxModel read =
        sum(OnnxTensors.external("w", "w.bin", "8", "16", 4))
            .read(
                name ->
                    new ExternalFiles.Opened(
                        new ByteArrayInputStream(file.array()), file.capacity()));
    assertThat(read.weights().values()).containsExactly(1, 2, 3, 4);
  }

  @Test
  void theTransposedWeightOfTorchScriptHasItsNameAndShapeBack() {
    OnnxModel read = OnnxCase.named("mixer-script").model();
    assertThat(names(read)).contains("tokens.0.weight", "channels.2.weight");
    assertThat(shape(read, "channels.0.weight")).isEqualTo(Shape.of(5, 4));
    assertThat(read.notes()).singleElement().asString().contains("older exporter");
  }

  @Test
  void theMergedWeightsOfABatchNormKeepTheirNamesAndAreNoted() {
    OnnxModel read = OnnxCase.named("residual-fused").model();
    assertThat(names(read)).anyMatch(name -> name.startsWith("onnx::Conv_"));
    assertThat(read.notes()).hasSize(2).anyMatch(note -> note.contains("onnx::Conv_"));
  }

  @Test
  void statisticsAndBuffersAreNoParameters() {
    assertThat(names(OnnxCase.named("residual").model()))
        .noneMatch(name -> name.contains("running_"));
    assertThat(names(OnnxCase.named("arithmetic-dynamo").model()))
        .containsExactlyInAnyOrder("scale", "shift", "matrix");
  }

  @Test
  void aMatrixThatIsTheTransposeOfAParameterIsThatParameter() {
    assertThat(names(OnnxCase.named("tied-dynamo").model()))
        .containsExactlyInAnyOrder("weight", "bias", "back");
  }

  @Test
  void aFoldedParameterIsNoted() {
    OnnxText file = new OnnxText(-1, 4).weight("w", 4).node("Add", "w");
    file.graph()
        .addMetadataProps(
            StringStringEntryProto.newBuilder()
                .setKey("pkg.torch.export.ExportedProgram.graph_signature")
                .setValue("# inputs\np_w: PARAMETER target='w'\np_v: PARAMETER target='v'\n"));
    assertThat(file.read().notes()).singleElement().asString().contains("'v' are parameters of");
    assertThatThrownBy(() -> file.read(FileParameters.REFUSE_DOUBT))
        .isInstanceOf(UnusableModelException.class)
        .hasMessageContaining("'v' are parameters of the module that the file lacks")
        .hasMessageContaining("samplegrad.export(")
        .hasMessageContaining("--accept-file-parameters");
  }

  @Test
  void aFixedNumberOfSamplesIsAnyNumber() {
    OnnxText file =
        new OnnxText(3, 4)
            .weight("w", 2)
            .integers("s", List.of(3L, 2L, 2L))
            .node("Reshape", List.of("x", "s"), List.of("r"))
            .node("Add", List.of("r", "w"), List.of("y"));
    assertThat(file.read().model().outputShape()).isEqualTo(Shape.of(2, 2));
  }

  @Test
  void constantsThatTheExporterRoundedAreNoted() {
    TensorProto.Builder third = OnnxTensors.of("val_3", 1, 4);
    for (int i = 0; i < 4; i++) {
      third.addFloatData(i / 3f);
    }
    OnnxText file = new OnnxText(-1, 4).weight("w", 4).tensor(third);
    file.node("Mul", List.of("x", "w"), List.of("m"));
    file.node("Add", List.of("m", "val_3"), List.of("y"));
    file.graph()
        .addMetadataProps(
            StringStringEntryProto.newBuilder()
                .setKey("pkg.torch.export.ExportedProgram.graph_signature")
                .setValue("# inputs\np_w: PARAMETER target='w'\n"));
    assertThat(file.read().notes())
        .singleElement()
        .asString()
        .contains("constants val_3 were computed by the exporter");
  }

  private static Shape shape(OnnxModel read, String name) {
    return read.weights().layout().entries().stream()
        .filter(entry -> entry.name().equals(name))
        .findFirst()
        .orElseThrow()
        .shape();
  }
}
