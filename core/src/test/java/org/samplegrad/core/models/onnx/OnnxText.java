package org.samplegrad.core.models.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.samplegrad.core.backend.Shape;

/** ONNX files written by hand, and what reading them gives. */
final class OnnxText {
  private final ModelProto.Builder model = ModelProto.newBuilder().setIrVersion(9);
  private final GraphProto.Builder graph = GraphProto.newBuilder().setName("by hand");

  /** A model with the input {@code x} and the output {@code y}; -1 is a dynamic extent. */
  OnnxText(long... extents) {
    graph.addInput(value("x", extents));
    graph.addOutput(value("y"));
    opset(18);
  }

  GraphProto.Builder graph() {
    return graph;
  }

  ModelProto.Builder model() {
    return model;
  }

  OnnxText opset(int version) {
    model.clearOpsetImport().addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(version));
    return this;
  }

  static ValueInfoProto value(String name, long... extents) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    for (long extent : extents) {
      TensorShapeProto.Dimension.Builder axis = shape.addDimBuilder();
      if (extent < 0) {
        axis.setDimParam("N");
      } else {
        axis.setDimValue(extent);
      }
    }
    TypeProto.Tensor tensor =
        TypeProto.Tensor.newBuilder()
            .setElemType(TensorProto.DataType.FLOAT.getNumber())
            .setShape(shape)
            .build();
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(TypeProto.newBuilder().setTensorType(tensor))
        .build();
  }

  /** A node named {@code the-TYPE}. */
  OnnxText node(String type, List<String> inputs, List<String> outputs, AttributeProto... given) {
    graph.addNode(
        NodeProto.newBuilder()
            .setName("the-" + type)
            .setOpType(type)
            .addAllInput(inputs)
            .addAllOutput(outputs)
            .addAllAttribute(Arrays.asList(given)));
    return this;
  }

  /** From {@code x} and further inputs to {@code y}. */
  OnnxText node(String type, String... further) {
    List<String> inputs = new ArrayList<>(List.of("x"));
    inputs.addAll(List.of(further));
    return node(type, inputs, List.of("y"));
  }

  static AttributeProto integer(String name, long value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.INT)
        .setI(value)
        .build();
  }

  static AttributeProto integers(String name, long... values) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.INTS)
        .addAllInts(LongStream.of(values).boxed().toList())
        .build();
  }

  static AttributeProto text(String name, String value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.STRING)
        .setS(ByteString.copyFromUtf8(value))
        .build();
  }

  /** A float32 tensor that counts from 1. */
  OnnxText weight(String name, int... extents) {
    TensorProto.Builder tensor = TensorProto.newBuilder().setName(name).setDataType(1);
    Arrays.stream(extents).forEach(tensor::addDims);
    for (int i = 0; i < Shape.of(extents).size(); i++) {
      tensor.addFloatData(i + 1);
    }
    return tensor(tensor);
  }

  /** A vector of integers. */
  OnnxText integers(String name, List<Long> values) {
    return tensor(
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(TensorProto.DataType.INT64.getNumber())
            .addDims(values.size())
            .addAllInt64Data(values));
  }

  OnnxText tensor(TensorProto.Builder tensor) {
    graph.addInitializer(tensor);
    return this;
  }

  byte[] bytes() {
    return model.setGraph(graph).build().toByteArray();
  }

  /** With its own tensors as the parameters: what nobody exported has no module. */
  OnnxModel read() {
    return read(FileParameters.ACCEPT);
  }

  OnnxModel read(FileParameters parameters) {
    return read(bytes(), ExternalFiles.NONE, parameters);
  }

  OnnxModel read(ExternalFiles files) {
    return read(bytes(), files);
  }

  static OnnxModel read(byte[] bytes, ExternalFiles files) {
    return read(bytes, files, FileParameters.ACCEPT);
  }

  static OnnxModel read(byte[] bytes, ExternalFiles files, FileParameters parameters) {
    try {
      return OnnxModel.read(
          "m.onnx", new ByteArrayInputStream(bytes), bytes.length, files, parameters);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
