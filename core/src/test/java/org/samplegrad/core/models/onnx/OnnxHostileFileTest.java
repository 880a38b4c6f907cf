package org.samplegrad.core.models.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import com.google.protobuf.ByteString;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.samplegrad.core.models.FuzzedReading;
import org.samplegrad.core.models.UnusableModelException;

/** Files that were made to harm end in one clear message. */
class OnnxHostileFileTest {
  private static final int MUTATIONS = 3000;

  private static byte[] valid(String golden) throws IOException {
    String resource = "/golden-onnx/%s/model.onnx".formatted(golden);
    try (InputStream stream = OnnxHostileFileTest.class.getResourceAsStream(resource)) {
      return stream.readAllBytes();
    }
  }

  private static OnnxText sum() {
    return new OnnxText(-1, 4).node("Add", "w");
  }

  private static ExternalFiles beside(byte[] bytes) {
    return name -> new ExternalFiles.Opened(new ByteArrayInputStream(bytes), bytes.length);
  }

  @ParameterizedTest
  @ValueSource(strings = {"mlp-relu", "squeezes-script", "gated-script"})
  void everyTruncationIsRefused(String golden) throws IOException {
    byte[] file = valid(golden);
    for (int length = 0; length < file.length; length++) {
      byte[] cut = Arrays.copyOf(file, length);
      assertThatThrownBy(() -> OnnxText.read(cut, ExternalFiles.NONE))
          .as("cut to %d bytes", length)
          .isInstanceOf(UnusableModelException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"conv-stride-padding", "branches-script", "group-norm-dynamo", "external-data"})
  void randomDamageEndsInAModelOrAMessage(String golden) throws IOException {
    byte[] file = valid(golden);
    Random random = new Random(7);
    for (int i = 0; i < MUTATIONS; i++) {
      byte[] damaged = file.clone();
      for (int change = random.nextInt(3); change >= 0; change--) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
      }
      FuzzedReading.check(damaged, OnnxFuzzTest::model);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../secret",
        "/etc/passwd",
        "a/../../b",
        "",
        ".",
        "a//b",
        "C:\\x",
        "hdfs://other/x",
        "a\nb"
      })
  void externalDataMayNotLeaveTheFolder(String location) {
    OnnxText file = sum().tensor(OnnxTensors.external("w", location, "0", "16", 4));
    assertThatThrownBy(() -> file.read(name -> fail(name)))
        .isInstanceOf(UnusableModelException.class)
        .hasMessageContaining("'w'")
        .hasMessageContaining("could leave the model's folder");
  }

  private static ExternalFiles.Opened fail(String name) {
    throw new AssertionError("opened " + name);
  }

  @Test
  void externalDataInAFolderBelowAreRead() {
    OnnxText file = sum().tensor(OnnxTensors.external("w", "data/w.bin", "4", "16", 4));
    OnnxModel read = file.read(beside(new byte[20]));
    assertThat(read.weights().layout().size()).isEqualTo(4);
  }

  @ParameterizedTest
  @ValueSource(strings = {"-1", "x", "5", "9223372036854775807", "99999999999999999999"})
  void externalDataMustLieInTheFile(String offset) {
    OnnxText file = sum().tensor(OnnxTensors.external("w", "w.bin", offset, "16", 4));
    assertThatThrownBy(() -> file.read(beside(new byte[20])))
        .isInstanceOf(UnusableModelException.class)
        .hasMessageContaining("'w'");
  }

  @Test
  void tensorsThatShareTheBytesOfAFileAreRefused() {
    OnnxText file = sum();
    for (int i = 0; i < 3; i++) {
      file.tensor(OnnxTensors.external("w" + i, "w.bin", "0", "16", 4));
    }
    assertThatThrownBy(() -> file.read(beside(new byte[32])))
        .isInstanceOf(UnusableModelException.class)
        .hasMessageContaining("48 bytes");
  }

  @Test
  void moreMessagesThanAFileOfItsSizeCanNeedAreRefused() throws IOException {
    OnnxText file = sum().weight("w", 4);
    for (int i = 0; i < 100_000; i++) {
      file.graph().addNode(NodeProto.getDefaultInstance());
    }
    byte[] bytes = file.bytes();
    assertThatThrownBy(() -> OnnxText.read(bytes, ExternalFiles.NONE))
        .isInstanceOf(UnusableModelException.class)
        .hasMessageContaining("messages");
    FuzzedReading.check(bytes, OnnxFuzzTest::model);
  }

  @Test
  void deepNestingIsRefused() {
    GraphProto inner = GraphProto.getDefaultInstance();
    for (int i = 0; i < 40; i++) {
      AttributeProto attribute = AttributeProto.newBuilder().setName("g").setG(inner).build();
      inner =
          GraphProto.newBuilder().addNode(NodeProto.newBuilder().addAttribute(attribute)).build();
    }
    OnnxText file = sum().weight("w", 4);
    file.graph().addNode(inner.getNode(0));
    assertThatThrownBy(file::read)
        .isInstanceOf(UnusableModelException.class)
        .hasMessageContaining("nested");
  }

  @Test
  void constantsThatGrowStepByStepAreRefused() {
    OnnxText file = new OnnxText(-1, 4).integers("s", List.of(1L << 19));
    for (int i = 0; i < 100; i++) {
      file.node("ConstantOfShape", List.of("s"), List.of("c" + i));
    }
    file.node("Concat", List.of("c0", "c1"), List.of("y"), OnnxText.integer("axis", 0));
    for (int i = 2; i < 100; i++) {
      file.graph().getNodeBuilder(100).addInput("c" + i);
    }
    assertThatThrownBy(file::read)
        .isInstanceOf(UnusableModelException.class)
        .hasMessageContaining("evaluate to more than");
  }

  @Test
  void aLongChainIsRead() {
    OnnxText file =
        new OnnxText(-1, 4).weight("w", 4).node("Add", List.of("x", "w"), List.of("v0"));
    for (int i = 0; i < 20_000; i++) {
      file.node("Relu", List.of("v" + i), List.of("v" + (i + 1)));
    }
    file.node("Relu", List.of("v20000"), List.of("y"));
    assertThat(file.read().weights().layout().size()).isEqualTo(4);
  }

  @Test
  void weightsThatAreNoNumbersAreRefused() {
    OnnxText file = sum().tensor(OnnxTensors.of("w", 1, 1).addFloatData(Float.NaN));
    assertThatThrownBy(file::read)
        .isInstanceOf(UnusableModelException.class)
        .hasMessageContaining("'w'")
        .hasMessageContaining("NaN");
  }

  @Test
  void aNameInHostileBytesDoesNotBreakTheMessage() {
    OnnxText file = sum().weight("w", 4);
    file.graph().getNodeBuilder(0).setOpTypeBytes(ByteString.copyFrom(new byte[100_000]));
    assertThatThrownBy(file::read)
        .isInstanceOf(UnusableModelException.class)
        .satisfies(e -> assertThat(e.getMessage().length()).isLessThan(1000));
  }
}
