package org.samplegrad.core.models;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.samplegrad.core.backend.Shape;

/**
 * The header of a safetensors file: type, shape and data offsets of each tensor by name, in JSON.
 * It is read token by token, so that what it costs stays a small multiple of its length.
 */
final class SafetensorsHeader {
  /** The bound that the format's own implementation sets. */
  private static final int LARGEST = 100_000_000;

  private static final int MOST_AXES = 8;
  private static final String METADATA = "__metadata__";

  /** How the parser names a key that comes twice. */
  private static final Pattern DUPLICATE = Pattern.compile("^Duplicate field '(.*)'$");

  private static final JsonFactory JSON =
      new JsonFactory().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);

  /** The number types of the format, and how those that weights may have are read. */
  enum NumberType {
    F64(Double.BYTES, ByteBuffer::getDouble),
    F32(Float.BYTES, ByteBuffer::getFloat),
    F16(Short.BYTES, buffer -> ofHalf(buffer.getShort())),
    BF16(Short.BYTES, buffer -> Float.intBitsToFloat(buffer.getShort() << 16)),
    F8_E5M2(1, null),
    F8_E4M3(1, null),
    I64(Long.BYTES, null),
    U64(Long.BYTES, null),
    I32(Integer.BYTES, null),
    U32(Integer.BYTES, null),
    I16(Short.BYTES, null),
    U16(Short.BYTES, null),
    I8(1, null),
    U8(1, null),
    BOOL(1, null);

    private final int bytes;
    private final transient ToDoubleFunction<ByteBuffer> next;

    NumberType(int bytes, ToDoubleFunction<ByteBuffer> next) {
      this.bytes = bytes;
      this.next = next;
    }

    int bytes() {
      return bytes;
    }

    boolean isReadable() {
      return next != null;
    }

    /** The next number of a readable type. */
    double next(ByteBuffer buffer) {
      return next.applyAsDouble(buffer);
    }

    static String readable() {
      return Arrays.stream(values())
          .filter(NumberType::isReadable)
          .map(NumberType::name)
          .collect(Collectors.joining(", "));
    }

    /** IEEE 754 binary16: 1 sign, 5 exponent and 10 fraction bits. */
    private static double ofHalf(short bits) {
      int exponent = bits >> 10 & 0x1f;
      int fraction = bits & 0x3ff;
      double magnitude =
          switch (exponent) {
            case 0 -> fraction * 0x1p-24;
            case 0x1f -> fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
            default -> Math.scalb(0x400 + fraction, exponent - 25);
          };
      return bits < 0 ? -magnitude : magnitude;
    }
  }

  /** One tensor; its bytes are {@code [begin, end)} of the data. */
  record Entry(String name, NumberType type, Shape shape, long begin, long end) {}

  private SafetensorsHeader() {}

  /**
   * The tensors in the order of their data, which follow the header without gaps or overlaps.
   *
   * @param length of the whole file in bytes
   * @throws EOFException if the file is shorter than its header says
   * @throws IllegalArgumentException if the header is not one
   */
  static List<Entry> read(DataInputStream data, long length) throws IOException {
    if (length < Long.BYTES) {
      throw new EOFException();
    }
    long headerLength = Long.reverseBytes(data.readLong());
    if (headerLength < 2 || headerLength > LARGEST) {
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
    List<Entry> entries = entries(header);
    entries.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
    requireContiguous(entries, length - Long.BYTES - headerLength);
    return entries;
  }

  /** What is wrong with a header that the JSON parser does not take. */
  static String problem(JsonParseException e) {
    Matcher duplicate = DUPLICATE.matcher(e.getOriginalMessage());
    return duplicate.find()
        ? "has the key '%s' twice in its header, so that it is not clear which tensor is meant; save the file anew"
            .formatted(duplicate.group(1))
        : "is not a safetensors file: its header is not JSON";
  }

  private static List<Entry> entries(byte[] header) throws IOException {
    List<Entry> entries = new ArrayList<>();
    try (JsonParser parser = JSON.createParser(header)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new IllegalArgumentException("not a safetensors file: its header is not an object");
      }
      for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
        parser.nextToken();
        if (name.equals(METADATA)) {
          parser.skipChildren();
        } else {
          entries.add(entry(name, parser));
        }
      }
      if (parser.nextToken() != null) {
        throw new JsonParseException(parser, "The header goes on after its object");
      }
    }
    return entries;
  }

  private static Entry entry(String name, JsonParser parser) throws IOException {
    String type = "";
    long[] extents = null;
    long[] offsets = null;
    if (parser.currentToken() == JsonToken.START_OBJECT) {
      for (String key = parser.nextFieldName(); key != null; key = parser.nextFieldName()) {
        parser.nextToken();
        switch (key) {
          case "dtype" -> {
            type = parser.getText();
            parser.skipChildren();
          }
          case "shape" -> extents = integers(parser, MOST_AXES);
          case "data_offsets" -> offsets = integers(parser, 2);
          default -> parser.skipChildren();
        }
      }
    }
    NumberType known = type(name, type);
    if (extents == null
        || Arrays.stream(extents).anyMatch(extent -> extent < 0 || extent > Integer.MAX_VALUE)
        || offsets == null
        || offsets.length != 2) {
      throw new IllegalArgumentException(
          "tensor '%s' needs a 'shape' of at most %d axes and two 'data_offsets'"
              .formatted(name, MOST_AXES));
    }
    int[] shape = Arrays.stream(extents).mapToInt(extent -> (int) extent).toArray();
    return new Entry(name, known, Shape.of(shape), offsets[0], offsets[1]);
  }

  /** An array of at most so many integers; null, and read to its end, if it is anything else. */
  private static long[] integers(JsonParser parser, int most) throws IOException {
    if (parser.currentToken() != JsonToken.START_ARRAY) {
      parser.skipChildren();
      return null;
    }
    long[] values = new long[most];
    int count = 0;
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      boolean fits =
          count >= 0
              && count < most
              && parser.currentToken() == JsonToken.VALUE_NUMBER_INT
              && parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER;
      if (fits) {
        values[count++] = parser.getLongValue();
      } else {
        parser.skipChildren();
        count = -1;
      }
    }
    return count < 0 ? null : Arrays.copyOf(values, count);
  }

  private static NumberType type(String tensor, String name) {
    return Arrays.stream(NumberType.values())
        .filter(type -> type.name().equals(name))
        .findFirst()
        .orElseThrow(() -> unreadable(tensor, name));
  }

  static IllegalArgumentException unreadable(String tensor, Object type) {
    return new IllegalArgumentException(
        "tensor '%s' has the type '%s'; weights may be %s"
            .formatted(tensor, type, NumberType.readable()));
  }

  /** The format allows neither gaps nor overlaps, which also bounds what will be allocated. */
  private static void requireContiguous(List<Entry> entries, long available) throws EOFException {
    long position = 0;
    for (Entry entry : entries) {
      long expected = (long) entry.shape().size() * entry.type().bytes();
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
}
