package org.samplegrad.core.models.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.io.InputStream;

/**
 * Reads the messages of an ONNX file. What a message becomes in memory is several times larger than
 * what it is in the file, so the messages are counted in the bytes before any is built.
 */
final class OnnxFile {
  /** What protobuf itself can hold, less the room that arrays need. */
  private static final int LARGEST_FILE = Integer.MAX_VALUE - 64;

  private static final int MOST_MESSAGES = 1_000_000;
  private static final int MESSAGES_OF_ANY_FILE = 1024;
  private static final int FEWEST_BYTES_PER_MESSAGE = 4;
  private static final int DEEPEST_MESSAGE = 24;

  private final CodedInputStream input;
  private final int most;
  private int messages;

  private OnnxFile(CodedInputStream input, int most) {
    this.input = input;
    this.most = most;
  }

  /**
   * @param length the file's length in bytes
   * @throws IllegalArgumentException if the file is no ONNX model, or beyond the bounds
   * @throws IOException if the stream cannot be read
   */
  static ModelProto read(InputStream stream, long length) throws IOException {
    if (length > LARGEST_FILE) {
      throw new IllegalArgumentException(
          "it has %d bytes; an ONNX file has at most 2 GiB, larger weights lie in a file beside it"
              .formatted(length));
    }
    byte[] bytes = stream.readNBytes(LARGEST_FILE);
    if (bytes.length == 0) {
      throw new IllegalArgumentException("it is empty");
    }
    try {
      CodedInputStream counted = CodedInputStream.newInstance(bytes);
      int most = MESSAGES_OF_ANY_FILE + bytes.length / FEWEST_BYTES_PER_MESSAGE;
      new OnnxFile(counted, Math.min(most, MOST_MESSAGES)).count(ModelProto.getDescriptor(), 0);
      CodedInputStream parsed = UnsafeByteOperations.unsafeWrap(bytes).newCodedInput();
      parsed.enableAliasing(true); // weights stay where they are, instead of being copied
      return ModelProto.parseFrom(parsed);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException(
          "it is damaged or no ONNX file: " + e.getMessage().replaceAll("\\s+", " "), e);
    }
  }

  private void count(Descriptor descriptor, int depth) throws IOException {
    if (depth > DEEPEST_MESSAGE) {
      throw new IllegalArgumentException("its messages are nested too deeply");
    }
    for (int tag = input.readTag(); tag != 0; tag = input.readTag()) {
      FieldDescriptor field = descriptor.findFieldByNumber(WireFormat.getTagFieldNumber(tag));
      boolean delimited = WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_LENGTH_DELIMITED;
      if (field != null && field.getType() == FieldDescriptor.Type.MESSAGE && delimited) {
        add();
        int outer = input.pushLimit(input.readRawVarint32());
        count(field.getMessageType(), depth + 1);
        input.popLimit(outer);
      } else {
        if (field == null) {
          add();
        }
        if (WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_START_GROUP
            || !input.skipField(tag)) {
          throw new IllegalArgumentException("it is damaged or no ONNX file: it holds a group");
        }
      }
    }
  }

  private void add() {
    messages++;
    if (messages > most) {
      throw new IllegalArgumentException(
          "it holds more than %d messages, which no exporter writes in a file of this size"
              .formatted(most));
    }
  }
}
