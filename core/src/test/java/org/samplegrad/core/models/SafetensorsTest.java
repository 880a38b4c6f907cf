package org.samplegrad.core.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.parameters.ParameterLayout;
import org.samplegrad.core.parameters.ParameterVector;

class SafetensorsTest {
  static final ParameterLayout LAYOUT =
      new ParameterLayout(List.of("0.weight", "0.bias"), List.of(Shape.of(2, 3), Shape.of(2)));

  static final ParameterVector VECTOR =
      new ParameterVector(LAYOUT, new Random(1).doubles(LAYOUT.size(), -3, 3).toArray());

  static byte[] written(ParameterVector vector) throws IOException {
    ByteArrayOutputStream stream = new ByteArrayOutputStream();
    Safetensors.write(vector, stream);
    return stream.toByteArray();
  }

  static ParameterVector read(byte[] file) throws IOException {
    return read(file, LAYOUT);
  }

  static ParameterVector read(byte[] file, ParameterLayout layout) throws IOException {
    return Safetensors.read(
        "model.safetensors", new ByteArrayInputStream(file), file.length, layout);
  }

  /** A file with this header, single quotes standing for double ones, and these data. */
  static byte[] file(String header, byte[] data) {
    byte[] json = header.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + json.length + data.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(json.length)
        .put(json)
        .put(data)
        .array();
  }

  @Test
  void tensorsThatTheModelDoesNotUseAreLeftOutIfTheyAreKnown() throws IOException {
    byte[] file = written(VECTOR);
    ParameterLayout bias = new ParameterLayout(List.of("0.bias"), List.of(Shape.of(2)));
    ParameterVector read =
        Safetensors.read(
            "w", new ByteArrayInputStream(file), file.length, bias, Set.of("0.weight"));
    assertThat(read.values()).containsExactly(VECTOR.value(6), VECTOR.value(7));
  }

  @Test
  void writtenVectorIsReadBackExactly() throws IOException {
    assertThat(read(written(VECTOR)).values()).containsExactly(VECTOR.values());
  }

  @Test
  void vectorLongerThanOneChunkIsReadBackExactly() throws IOException {
    for (int size : new int[] {8191, 8192, 8193, 100_000}) {
      ParameterLayout layout = new ParameterLayout(List.of("w"), List.of(Shape.of(size)));
      double[] values = new Random(size).doubles(size, -1e300, 1e300).toArray();
      byte[] file = written(new ParameterVector(layout, values));
      assertThat(read(file, layout).values()).containsExactly(values);
    }
  }

  @Test
  void extremeNumbersAreKept() throws IOException {
    double[] values = {
      -0.0, Double.MIN_VALUE, Double.MAX_VALUE, -Double.MAX_VALUE, 1.0 / 3, 0x1p-1022, 1e-320, 0
    };
    assertThat(read(written(new ParameterVector(LAYOUT, values))).values()).containsExactly(values);
  }

  @Test
  void writtenFileIsWhatTheFormatPrescribes() throws IOException {
    ByteBuffer file = ByteBuffer.wrap(written(VECTOR)).order(ByteOrder.LITTLE_ENDIAN);
    int headerLength = (int) file.getLong();
    assertThat(headerLength % 8).as("alignment of the data").isZero();
    byte[] header = new byte[headerLength];
    file.get(header);
    assertThat(new String(header, StandardCharsets.UTF_8).stripTrailing())
        .isEqualTo(
            """
            {"0.weight":{"dtype":"F64","shape":[2,3],"data_offsets":[0,48]},\
            "0.bias":{"dtype":"F64","shape":[2],"data_offsets":[48,64]}}""");
    assertThat(file.remaining()).isEqualTo(64);
    IntStream.range(0, 8).forEach(i -> assertThat(file.getDouble()).isEqualTo(VECTOR.value(i)));
  }

  @Test
  void namesMayHoldAnyCharacter() throws IOException {
    ParameterLayout layout =
        new ParameterLayout(
            List.of("a \"quoted\" \\ name", "größe \u4e2d\n", ""),
            List.of(Shape.of(1), Shape.scalar(), Shape.of(0, 7)));
    ParameterVector vector = new ParameterVector(layout, new double[] {1, 2});
    assertThat(read(written(vector), layout).values()).containsExactly(1, 2);
  }

  @Test
  void tensorsMayLieInAnyOrderAndBeFloat32() throws IOException {
    ByteBuffer data = ByteBuffer.allocate(6 * 4 + 2 * 8).order(ByteOrder.LITTLE_ENDIAN);
    data.putDouble(7.25).putDouble(-1e-300);
    IntStream.range(0, 6).forEach(i -> data.putFloat(i + 0.1f));
    String header =
        """
        {'__metadata__': {'format': 'pt'},
         '0.weight': {'dtype': 'F32', 'shape': [2, 3], 'data_offsets': [16, 40]},
         '0.bias': {'data_offsets': [0, 16], 'shape': [2], 'dtype': 'F64'}}\s\s""";
    assertThat(read(file(header, data.array())).values())
        .containsExactly(0.1f, 1.1f, 2.1f, 3.1f, 4.1f, 5.1f, 7.25, -1e-300);
  }

  /** Bit patterns with the values that PyTorch gives them. */
  @ParameterizedTest
  @CsvSource({
    "F16, 3c00, 1",
    "F16, c000, -2",
    "F16, 3555, 0.333251953125",
    "F16, 7bff, 65504",
    "F16, 0400, 6.103515625e-05",
    "F16, 03ff, 6.097555160522461e-05",
    "F16, 0001, 5.960464477539063e-08",
    "F16, 8000, -0.0",
    "BF16, 3f80, 1",
    "BF16, c000, -2",
    "BF16, 3eab, 0.333984375",
    "BF16, 7f7f, 3.3895313892515355e+38",
    "BF16, 0001, 9.183549615799121e-41",
    "BF16, 8000, -0.0"
  })
  void numbersOfHalfTheLengthAreReadExactly(String type, String bits, double value)
      throws IOException {
    assertThat(half(type, Integer.parseInt(bits, 16)).value(0)).isEqualTo(value);
  }

  @ParameterizedTest
  @CsvSource({"F16, 7c00", "F16, fc00", "F16, 7e00", "BF16, 7f80", "BF16, ff80", "BF16, 7fc0"})
  void numbersOfHalfTheLengthMustBeFinite(String type, String bits) {
    assertThatThrownBy(() -> half(type, Integer.parseInt(bits, 16)))
        .isInstanceOf(UnusableModelException.class)
        .hasMessageContaining("at index [0]");
  }

  private static ParameterVector half(String type, int bits) throws IOException {
    byte[] data = {(byte) bits, (byte) (bits >> 8)};
    String header = "{'w': {'dtype': '%s', 'shape': [1], 'data_offsets': [0, 2]}}".formatted(type);
    return read(file(header, data), new ParameterLayout(List.of("w"), List.of(Shape.of(1))));
  }

  @Test
  void streamThatGivesAFewBytesAtATimeIsRead() throws IOException {
    byte[] file = written(VECTOR);
    InputStream slow =
        new ByteArrayInputStream(file) {
          @Override
          public int read(byte[] into, int offset, int length) {
            return super.read(into, offset, Math.min(length, 3));
          }
        };
    assertThat(Safetensors.read("slow", slow, file.length, LAYOUT).values())
        .containsExactly(VECTOR.values());
  }
}
