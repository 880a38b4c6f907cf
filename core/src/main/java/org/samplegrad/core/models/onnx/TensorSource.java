package org.samplegrad.core.models.onnx;

import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import org.samplegrad.core.backend.Shape;

/** One tensor of a model file: its description was checked, its values are read when asked for. */
final class TensorSource {
  private static final int MOST_AXES = 8;
  private static final int CHUNK_BYTES = 1 << 16;

  private final TensorProto tensor;
  private final ElementType type;
  private final Shape shape;
  private final ExternalFiles files;
  private final boolean transposed;

  private TensorSource(
      TensorProto tensor, ElementType type, Shape shape, ExternalFiles files, boolean transposed) {
    this.tensor = tensor;
    this.type = type;
    this.shape = shape;
    this.files = files;
    this.transposed = transposed;
  }

  /**
   * @throws IllegalArgumentException if the tensor has a type that is not taken, too many axes, or
   *     not the data that its shape asks for
   */
  static TensorSource of(TensorProto tensor, ExternalFiles files) {
    try {
      ElementType type = ElementType.of(tensor.getDataType());
      TensorSource source = new TensorSource(tensor, type, shapeOf(tensor), files, false);
      source.requireData();
      return source;
    } catch (IllegalArgumentException e) {
      throw problem(tensor, e);
    }
  }

  private static IllegalArgumentException problem(TensorProto tensor, Exception e) {
    return new IllegalArgumentException(
        "tensor '%s': %s".formatted(tensor.getName(), e.getMessage()), e);
  }

  private static Shape shapeOf(TensorProto tensor) {
    if (tensor.getDimsCount() > MOST_AXES) {
      throw new IllegalArgumentException(
          "%d axes; at most %d are taken".formatted(tensor.getDimsCount(), MOST_AXES));
    }
    int[] extents = new int[tensor.getDimsCount()];
    for (int axis = 0; axis < extents.length; axis++) {
      long extent = tensor.getDims(axis);
      if (extent < 0 || extent > Integer.MAX_VALUE) {
        throw new IllegalArgumentException("an extent of %d along axis %d".formatted(extent, axis));
      }
      extents[axis] = (int) extent;
    }
    return Shape.of(extents);
  }

  /** What is there must be what the shape asks for, before anything of that size is allocated. */
  private void requireData() {
    if (tensor.hasSegment()) {
      throw new IllegalArgumentException("it is stored in segments, which are not taken");
    }
    if (isExternal()) {
      ExternalRange.of(tensor, byteCount());
      return;
    }
    boolean raw = tensor.hasRawData();
    long expected = raw ? byteCount() : shape.size();
    long found = raw ? tensor.getRawData().size() : type.fieldCount(tensor);
    if (expected != found) {
      throw new IllegalArgumentException(
          "shape %s of %s needs %d %s of data, found %d"
              .formatted(shape, type, expected, raw ? "bytes" : "numbers", found));
    }
  }

  /** The file beside the model that holds the values, or null if the model file does. */
  String externalFile() {
    return isExternal() ? ExternalRange.of(tensor, byteCount()).location() : null;
  }

  long byteCount() {
    return (long) shape.size() * type.bytes();
  }

  private boolean isExternal() {
    return tensor.getDataLocation() == TensorProto.DataLocation.EXTERNAL;
  }

  String name() {
    return tensor.getName();
  }

  Shape shape() {
    return transposed ? Shape.of(shape.extent(1), shape.extent(0)) : shape;
  }

  boolean isInteger() {
    return type.isInteger();
  }

  /** Whether decimal numbers were rounded to float32 to be stored here. */
  boolean isFloat32() {
    return type == ElementType.FLOAT;
  }

  /** The transpose of a matrix. */
  TensorSource transpose() {
    return new TensorSource(tensor, type, shape, files, !transposed);
  }

  /**
   * The values, of integers or reals as they are stored.
   *
   * @throws IllegalArgumentException if the external file does not hold them
   */
  StaticTensor read() {
    if (!type.isInteger()) {
      return StaticTensor.ofReals(shape(), reals());
    }
    requireReadable();
    long[] values = new long[shape.size()];
    if (inBytes()) {
      forEachNumber((buffer, i) -> values[i] = type.integer(buffer));
    } else {
      Arrays.setAll(values, i -> type.integer(tensor, i));
    }
    return StaticTensor.ofIntegers(shape, values);
  }

  /**
   * The values, row-major.
   *
   * @throws IllegalArgumentException if the external file does not hold them
   */
  double[] reals() {
    requireReadable();
    double[] values = new double[shape.size()];
    if (inBytes()) {
      forEachNumber((buffer, i) -> values[i] = type.real(buffer));
    } else {
      Arrays.setAll(values, i -> type.real(tensor, i));
    }
    return transposed ? transpose(values) : values;
  }

  /**
   * The SHA-256 of the values, in hexadecimal digits: of the bytes, little-endian and row-major, in
   * the type that they are stored in.
   *
   * @throws IllegalArgumentException if the external file does not hold them
   */
  String sha256() {
    requireReadable();
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      if (!isExternal() && !tensor.hasRawData()) {
        digest.update(type.littleEndian(tensor, shape.size()));
      } else {
        forEachChunk((data, first, count) -> digest.update(data));
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }

  private double[] transpose(double[] values) {
    int rows = shape.extent(0);
    int columns = shape.extent(1);
    double[] result = new double[values.length];
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        result[column * rows + row] = values[row * columns + column];
      }
    }
    return result;
  }

  private boolean inBytes() {
    return isExternal() || tensor.hasRawData();
  }

  /** Takes the next number from a buffer as the element of an index. */
  @FunctionalInterface
  private interface NumberSink {
    void accept(ByteBuffer buffer, int index);
  }

  /** Takes the bytes of some numbers, beginning with the element of an index. */
  @FunctionalInterface
  private interface ChunkSink {
    void accept(ByteBuffer data, int first, int count);
  }

  private void forEachNumber(NumberSink sink) {
    forEachChunk(
        (data, first, count) -> {
          for (int i = 0; i < count; i++) {
            sink.accept(data, first + i);
          }
        });
  }

  private void forEachChunk(ChunkSink sink) {
    if (!isExternal()) {
      ByteBuffer data = tensor.getRawData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
      sink.accept(data, 0, shape.size());
      return;
    }
    ExternalRange range = ExternalRange.of(tensor, byteCount());
    try (ExternalFiles.Opened file = files.open(range.location())) {
      file.stream().skipNBytes(range.offset());
      byte[] chunk = new byte[CHUNK_BYTES];
      int perChunk = CHUNK_BYTES / type.bytes();
      for (int done = 0; done < shape.size(); done += perChunk) {
        int count = Math.min(shape.size() - done, perChunk);
        if (file.stream().readNBytes(chunk, 0, count * type.bytes()) < count * type.bytes()) {
          throw new EOFException("the file ends before the data do");
        }
        ByteBuffer data =
            ByteBuffer.wrap(chunk, 0, count * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        sink.accept(data, done, count);
      }
    } catch (IOException e) {
      throw unreadable(range, e);
    }
  }

  /** An external file must be long enough before memory is taken for what it should hold. */
  private void requireReadable() {
    if (!isExternal()) {
      return;
    }
    ExternalRange range = ExternalRange.of(tensor, byteCount());
    try (ExternalFiles.Opened file = files.open(range.location())) {
      if (range.offset() > file.length() - byteCount()) {
        throw new EOFException(
            "its data should end at byte %d, the file has %d"
                .formatted(range.offset() + byteCount(), file.length()));
      }
    } catch (IOException e) {
      throw unreadable(range, e);
    }
  }

  private IllegalArgumentException unreadable(ExternalRange range, IOException e) {
    return problem(
        tensor,
        new IOException(
            "its data in '%s' beside the model cannot be read: %s"
                .formatted(range.location(), e.getMessage()),
            e));
  }

  /** Where data lie in a file beside the model. */
  private record ExternalRange(String location, long offset) {

    static ExternalRange of(TensorProto tensor, long expected) {
      Map<String, String> entries = new HashMap<>();
      for (StringStringEntryProto entry : tensor.getExternalDataList()) {
        entries.put(entry.getKey(), entry.getValue());
      }
      String location = ExternalFiles.requireInside(entries.getOrDefault("location", ""));
      long offset = number(entries.getOrDefault("offset", "0"));
      long length = number(entries.getOrDefault("length", Long.toString(expected)));
      if (length != expected || offset > Long.MAX_VALUE - expected) {
        throw new IllegalArgumentException(
            "needs %d bytes of external data; described are %d from byte %d on"
                .formatted(expected, length, offset));
      }
      return new ExternalRange(location, offset);
    }

    private static long number(String text) {
      try {
        long number = Long.parseLong(text);
        if (number >= 0) {
          return number;
        }
      } catch (NumberFormatException e) {
        // told below, as a negative number is
      }
      throw new IllegalArgumentException(
          "expected a number of bytes for its external data, found '%s'".formatted(text));
    }
  }
}
