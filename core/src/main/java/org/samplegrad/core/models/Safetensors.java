package org.samplegrad.core.models;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.CharConversionException;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.parameters.ParameterLayout;
import org.samplegrad.core.parameters.ParameterVector;

/**
 * Tensors by name in the safetensors format: eight bytes of header length, a JSON header with type,
 * shape and data offsets of each tensor, the data; all little-endian.
 */
public final class Safetensors {
  /** The bound that the format's own implementation sets. */
  private static final int LARGEST_HEADER = 100_000_000;

  private static final int MOST_AXES = 8;
  private static final int CHUNK_BYTES = 1 << 16;
  private static final String METADATA = "__metadata__";

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** The number types this reader takes. */
  private enum NumberType {
    F64(Double.BYTES, ByteBuffer::getDouble),
    F32(Float.BYTES, ByteBuffer::getFloat);

    private final int bytes;
    private final ToDoubleFunction<ByteBuffer> next;

    NumberType(int bytes, ToDoubleFunction<ByteBuffer> next) {
      this.bytes = bytes;
      this.next = next;
    }
  }

  private record Entry(String name, NumberType type, Shape shape, long begin, long end) {}

  private Safetensors() {}

  /**
   * Reads the values of exactly the given parameters.
   *
   * @param name the file's name, for messages
   * @param length the file's length in bytes
   * @throws UnusableModelException if the file is damaged, or a tensor is missing, extra, of
   *     another shape, or not finite
   * @throws IOException if the stream cannot be read
   */
  public static ParameterVector read(
      String name, InputStream stream, long length, ParameterLayout layout) throws IOException {
    try {
      DataInputStream data = new DataInputStream(stream);
      List<Entry> entries = header(data, length);
      requireParameters(entries, layout);
      Map<String, double[]> tensors = new HashMap<>();
      for (Entry entry : entries) {
        tensors.put(entry.name(), values(data, entry));
      }
      return assemble(tensors, layout);
    } catch (EOFException e) {
      throw new UnusableModelException(
          "Weights file '%s' is cut short: it ends before its data do".formatted(name), e);
    } catch (JsonProcessingException | CharConversionException e) {
      throw new UnusableModelException(
          "Weights file '%s' is not a safetensors file: its header is not JSON".formatted(name), e);
    } catch (IllegalArgumentException e) {
      throw new UnusableModelException("Weights file '%s': %s".formatted(name, e.getMessage()), e);
    }
  }

  private static List<Entry> header(DataInputStream data, long length) throws IOException {
    if (length < Long.BYTES) {
      throw new EOFException();
    }
    long headerLength = Long.reverseBytes(data.readLong());
    if (headerLength < 2 || headerLength > LARGEST_HEADER) {
      throw new IllegalArgumentException(
          "not a safetensors file: a header of %s bytes is announced"
              .formatted(Long.toUnsignedString(headerLength)));
    }
    if (headerLength > length - Long.BYTES) {
      throw new EOFException();
    }
    byte[] header = data.readNBytes((int) headerLength);
    if (header.length < headerLength) {
      throw new EOFException();
    }
    JsonNode root = MAPPER.readTree(header);
    if (root == null || !root.isObject()) {
      throw new IllegalArgumentException("not a safetensors file: its header is not an object");
    }
    List<Entry> entries = new ArrayList<>();
    root.fields()
        .forEachRemaining(
            field -> {
              if (!field.getKey().equals(METADATA)) {
                entries.add(entry(field.getKey(), field.getValue()));
              }
            });
    entries.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
    requireContiguous(entries, length - Long.BYTES - headerLength);
    return entries;
  }

  private static Entry entry(String name, JsonNode node) {
    JsonNode dtype = node.path("dtype");
    NumberType type =
        Arrays.stream(NumberType.values())
            .filter(t -> t.name().equals(dtype.asText()))
            .findFirst()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "tensor '%s' has the type %s; this reader takes %s"
                            .formatted(name, dtype, Arrays.toString(NumberType.values()))));
    JsonNode extents = node.path("shape");
    JsonNode offsets = node.path("data_offsets");
    boolean wellFormed = extents.isArray() && extents.size() <= MOST_AXES;
    wellFormed &= offsets.isArray() && offsets.size() == 2;
    for (JsonNode number : extents) {
      wellFormed &= number.isIntegralNumber() && number.canConvertToInt() && number.intValue() >= 0;
    }
    for (JsonNode number : offsets) {
      wellFormed &= number.isIntegralNumber() && number.canConvertToLong();
    }
    if (!wellFormed) {
      throw new IllegalArgumentException(
          "tensor '%s' needs a 'shape' of at most %d axes and two 'data_offsets'"
              .formatted(name, MOST_AXES));
    }
    int[] shape = new int[extents.size()];
    for (int axis = 0; axis < shape.length; axis++) {
      shape[axis] = extents.get(axis).intValue();
    }
    return new Entry(
        name, type, Shape.of(shape), offsets.get(0).longValue(), offsets.get(1).longValue());
  }

  /** The format allows neither gaps nor overlaps, which also bounds what will be allocated. */
  private static void requireContiguous(List<Entry> entries, long available) throws EOFException {
    long position = 0;
    for (Entry entry : entries) {
      long expected = (long) entry.shape().size() * entry.type().bytes;
      if (entry.begin() != position || entry.end() - entry.begin() != expected) {
        throw new IllegalArgumentException(
            "tensor '%s' of shape %s should lie at bytes %d to %d of the data, but the header says %d to %d"
                .formatted(
                    entry.name(),
                    entry.shape(),
                    position,
                    position + expected,
                    entry.begin(),
                    entry.end()));
      }
      position = entry.end();
    }
    if (position > available) {
      throw new EOFException();
    }
    if (position < available) {
      throw new IllegalArgumentException(
          "%d bytes follow the last tensor".formatted(available - position));
    }
  }

  private static void requireParameters(List<Entry> entries, ParameterLayout layout) {
    Map<String, Shape> found =
        entries.stream().collect(Collectors.toMap(Entry::name, Entry::shape));
    List<String> problems = new ArrayList<>();
    for (ParameterLayout.Entry parameter : layout.entries()) {
      Shape shape = found.remove(parameter.name());
      if (shape == null) {
        problems.add("tensor '%s' %s is missing".formatted(parameter.name(), parameter.shape()));
      } else if (!shape.equals(parameter.shape())) {
        problems.add(
            "tensor '%s' should have the shape %s, found %s"
                .formatted(parameter.name(), parameter.shape(), shape));
      }
    }
    found.keySet().stream()
        .sorted()
        .forEach(
            extra -> problems.add("tensor '%s' is no parameter of the model".formatted(extra)));
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(String.join("; ", problems));
    }
  }

  private static double[] values(DataInputStream data, Entry entry) throws IOException {
    double[] values = new double[entry.shape().size()];
    byte[] chunk = new byte[CHUNK_BYTES];
    int done = 0;
    while (done < values.length) {
      int count = Math.min(values.length - done, chunk.length / entry.type().bytes);
      data.readFully(chunk, 0, count * entry.type().bytes);
      ByteBuffer buffer = ByteBuffer.wrap(chunk).order(ByteOrder.LITTLE_ENDIAN);
      for (int i = 0; i < count; i++) {
        values[done++] = entry.type().next.applyAsDouble(buffer);
      }
    }
    return values;
  }

  private static ParameterVector assemble(Map<String, double[]> tensors, ParameterLayout layout) {
    double[] values = new double[layout.size()];
    for (ParameterLayout.Entry parameter : layout.entries()) {
      double[] from = tensors.get(parameter.name());
      System.arraycopy(from, 0, values, parameter.offset(), from.length);
    }
    ParameterVector vector = new ParameterVector(layout, values);
    if (vector.firstNotFinite() != null) {
      throw new IllegalArgumentException(
          "tensor '%s' holds NaN or infinite values".formatted(vector.firstNotFinite()));
    }
    return vector;
  }

  /** Writes one float64 tensor per parameter, in the parameter's shape. */
  public static void write(ParameterVector vector, OutputStream stream) throws IOException {
    ObjectNode root = MAPPER.createObjectNode();
    long position = 0;
    for (ParameterLayout.Entry entry : vector.layout().entries()) {
      ObjectNode tensor = root.putObject(entry.name());
      tensor.put("dtype", NumberType.F64.name());
      Arrays.stream(entry.shape().extents()).forEach(tensor.putArray("shape")::add);
      long end = position + (long) entry.size() * Double.BYTES;
      tensor.putArray("data_offsets").add(position).add(end);
      position = end;
    }
    byte[] header = MAPPER.writeValueAsString(root).getBytes(StandardCharsets.UTF_8);
    int padded = (header.length + 7) / 8 * 8; // so that the data are aligned
    ByteBuffer start = ByteBuffer.allocate(Long.BYTES + padded).order(ByteOrder.LITTLE_ENDIAN);
    start.putLong(padded).put(header);
    while (start.hasRemaining()) {
      start.put((byte) ' ');
    }
    stream.write(start.array());
    ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < vector.layout().size(); i++) {
      chunk.putDouble(vector.value(i));
      if (!chunk.hasRemaining() || i == vector.layout().size() - 1) {
        stream.write(chunk.array(), 0, chunk.position());
        chunk.clear();
      }
    }
  }
}
