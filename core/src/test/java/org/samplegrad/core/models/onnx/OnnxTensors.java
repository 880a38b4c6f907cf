package org.samplegrad.core.models.onnx;

import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.Arrays;

/** Tensors as hostile files have them. */
final class OnnxTensors {
  private OnnxTensors() {}

  /** A tensor without its data. */
  static TensorProto.Builder of(String name, int type, long... extents) {
    TensorProto.Builder tensor = TensorProto.newBuilder().setName(name).setDataType(type);
    Arrays.stream(extents).forEach(tensor::addDims);
    return tensor;
  }

  static TensorProto.Builder truth(String name, boolean value) {
    return of(name, TensorProto.DataType.BOOL.getNumber()).addInt32Data(value ? 1 : 0);
  }

  /** A float32 tensor whose data lie in a file beside the model. */
  static TensorProto.Builder external(
      String name, String location, String offset, String length, long... extents) {
    return of(name, TensorProto.DataType.FLOAT.getNumber(), extents)
        .setDataLocation(TensorProto.DataLocation.EXTERNAL)
        .addExternalData(entry("location", location))
        .addExternalData(entry("offset", offset))
        .addExternalData(entry("length", length));
  }

  private static StringStringEntryProto entry(String key, String value) {
    return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
  }
}
