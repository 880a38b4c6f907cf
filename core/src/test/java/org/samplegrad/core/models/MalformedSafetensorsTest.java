package org.samplegrad.core.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.parameters.ParameterLayout;
import org.samplegrad.core.parameters.ParameterVector;

/** A weights file is untrusted: it holds exactly the model's parameters or is refused clearly. */
class MalformedSafetensorsTest {
  private static final String WEIGHT =
      "'0.weight': {'dtype': 'F64', 'shape': [2, 3], 'data_offsets': [0, 48]}";
  private static final String BIAS =
      "'0.bias': {'dtype': 'F64', 'shape': [2], 'data_offsets': [48, 64]}";

  private static void assertRefused(byte[] file, String... fragments) {
    assertThatThrownBy(() -> SafetensorsTest.read(file))
        .isInstanceOf(UnusableModelException.class)
        .hasMessageContaining("Weights file 'model.safetensors'")
        .satisfies(e -> List.of(fragments).forEach(f -> assertThat(e).hasMessageContaining(f)))
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(1000));
  }

  private static void assertHeaderRefused(String header, int dataBytes, String... fragments) {
    assertRefused(SafetensorsTest.file(header, new byte[dataBytes]), fragments);
  }

  @Test
  void truncatedAtEveryLength() throws IOException {
    byte[] file = SafetensorsTest.written(SafetensorsTest.VECTOR);
    for (int length = 0; length < file.length; length++) {
      assertRefused(Arrays.copyOf(file, length), "is cut short");
    }
  }

  /** The length may come from a file that shrinks while it is read. */
  @Test
  void streamShorterThanItsAnnouncedLength() throws IOException {
    byte[] file = SafetensorsTest.written(SafetensorsTest.VECTOR);
    for (int length = 0; length < file.length; length++) {
      ByteArrayInputStream stream = new ByteArrayInputStream(file, 0, length);
      assertThatThrownBy(() -> Safetensors.read("w", stream, file.length, SafetensorsTest.LAYOUT))
          .isInstanceOf(UnusableModelException.class)
          .hasMessageContaining("'w' is cut short");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 8, 1000})
  void trailingBytes(int count) throws IOException {
    byte[] file = SafetensorsTest.written(SafetensorsTest.VECTOR);
    assertRefused(
        Arrays.copyOf(file, file.length + count), count + " bytes follow the last tensor");
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, -1, 100_000_001, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 32})
  void headerLengthNoFileHas(long length) throws IOException {
    byte[] file = SafetensorsTest.written(SafetensorsTest.VECTOR);
    ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putLong(length);
    assertRefused(file, "a header of " + Long.toUnsignedString(length) + " bytes is announced");
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 50, 100})
  void headerLengthThatCutsTheHeader(int length) throws IOException {
    byte[] file = SafetensorsTest.written(SafetensorsTest.VECTOR);
    ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putLong(length);
    assertRefused(file, "header is not JSON");
  }

  @Test
  void headerLongerThanTheFileTakesNoMemory() {
    byte[] file = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(99_999_999).array();
    assertRefused(file, "is cut short");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "xx",
        "{'0.weight'",
        "{} {}",
      })
  void headerThatIsNotJson(String header) {
    assertHeaderRefused(header, 64, "is not a safetensors file: its header is not JSON");
  }

  @Test
  void headerWithAKeyTwice() {
    assertHeaderRefused(
        "{" + WEIGHT + ", " + WEIGHT + ", " + BIAS + "}", 64, "has the key '0.weight' twice");
    assertHeaderRefused(
        "{'0.bias': {'dtype': 'F64', 'dtype': 'F64', 'shape': [2], 'data_offsets': [0, 16]}}",
        64,
        "has the key 'dtype' twice");
  }

  @Test
  void headerThatIsNotUnicode() {
    byte[] file = SafetensorsTest.file("12345678", new byte[64]);
    System.arraycopy(new byte[] {0, 0, 0, '{', 0, 0x11, -1, -1}, 0, file, 8, 8);
    assertRefused(file, "its header is not JSON");
  }

  @Test
  void deepNestingDoesNotExhaustTheStack() {
    for (String key : new String[] {"__metadata__", "0.bias"}) {
      for (String open : new String[] {"[", "{'a':"}) {
        String nested = open.repeat(1_000_000);
        assertHeaderRefused("{'%s': %s".formatted(key, nested), 0);
        assertHeaderRefused("{'%s': {'shape': %s".formatted(key, nested), 0, "is not JSON");
        assertHeaderRefused("{'%s': {'dtype': %s".formatted(key, nested), 0, "is not JSON");
        assertHeaderRefused("{'%s': {'other': %s".formatted(key, nested), 0, "is not JSON");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"[]", "null", "17", "'0.weight'", "  "})
  void headerThatIsNoObject(String header) {
    assertHeaderRefused(header, 0, "its header is not an object");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "null | tensor '0.bias' has the type ''; weights may be F64, F32, F16, BF16",
        "{} | tensor '0.bias' has the type",
        "{'dtype': 'C64', 'shape': [2], 'data_offsets': [48, 64]} | has the type 'C64'; weights may",
        "{'dtype': 'I64', 'shape': [2], 'data_offsets': [48, 64]} | '0.bias' has the type 'I64'",
        "{'dtype': 'F8_E4M3', 'shape': [16], 'data_offsets': [48, 64]} | the shape [2], found [16]",
        "{'dtype': 64, 'shape': [2], 'data_offsets': [48, 64]} | has the type '64'",
        "{'dtype': ['F64'], 'shape': [2], 'data_offsets': [48, 64]} | has the type '['",
        "{'dtype': 'F64', 'data_offsets': [48, 64]} | tensor '0.bias' needs a 'shape'",
        "{'dtype': 'F64', 'shape': 2, 'data_offsets': [48, 64]} | needs a 'shape'",
        "{'dtype': 'F64', 'shape': {'0': 2}, 'data_offsets': [48, 64]} | needs a 'shape'",
        "{'dtype': 'F64', 'shape': [[2]], 'data_offsets': [48, 64]} | needs a 'shape'",
        "{'dtype': 'F64', 'shape': [2, {}], 'data_offsets': [48, 64]} | needs a 'shape'",
        "{'dtype': 'F64', 'shape': [-2], 'data_offsets': [48, 64]} | needs a 'shape'",
        "{'dtype': 'F64', 'shape': [2.0], 'data_offsets': [48, 64]} | needs a 'shape'",
        "{'dtype': 'F64', 'shape': ['2'], 'data_offsets': [48, 64]} | needs a 'shape'",
        "{'dtype': 'F64', 'shape': [2147483648], 'data_offsets': [48, 64]} | needs a 'shape'",
        "{'dtype': 'F64', 'shape': [2,1,1,1,1,1,1,1,1], 'data_offsets': [48, 64]} | at most 8 axes",
        "{'dtype': 'F64', 'shape': [65536, 65536], 'data_offsets': [48, 64]} | more elements",
        "{'dtype': 'F64', 'shape': [2]} | two 'data_offsets'",
        "{'dtype': 'F64', 'shape': [2], 'data_offsets': 48} | two 'data_offsets'",
        "{'dtype': 'F64', 'shape': [2], 'data_offsets': [48]} | two 'data_offsets'",
        "{'dtype': 'F64', 'shape': [2], 'data_offsets': [48, 64, 80]} | two 'data_offsets'",
        "{'dtype': 'F64', 'shape': [2], 'data_offsets': ['48', 64]} | two 'data_offsets'",
        "{'dtype': 'F64', 'shape': [2], 'data_offsets': [48, 9223372036854775808]} | two"
            + " 'data_offsets'",
        "{'dtype': 'F64', 'shape': [2], 'data_offsets': [40, 56]} | tensor '0.bias' of shape [2]"
            + " should lie at bytes 48 to 64 of the data, but the header says 40 to 56",
        "{'dtype': 'F64', 'shape': [2], 'data_offsets': [56, 72]} | says 56 to 72",
        "{'dtype': 'F64', 'shape': [2], 'data_offsets': [48, 63]} | says 48 to 63",
        "{'dtype': 'F64', 'shape': [2], 'data_offsets': [48, 72]} | says 48 to 72",
        "{'dtype': 'F64', 'shape': [2], 'data_offsets': [64, 48]} | says 64 to 48",
        "{'dtype': 'F64', 'shape': [2], 'data_offsets': [48, -9223372036854775808]} | says 48 to",
        "{'dtype': 'F64', 'shape': [2], 'data_offsets': [9223372036854775792,"
            + " 9223372036854775807]} | says 9223372036854775792",
        "{'dtype': 'F64', 'shape': [2], 'data_offsets': [-16, 0]} | says -16 to 0",
        "{'dtype': 'F64', 'shape': [3], 'data_offsets': [48, 72]} | is cut short",
        "{'dtype': 'F64', 'shape': [2147483647], 'data_offsets': [48, 17179869224]} | is cut short",
        "{'dtype': 'F32', 'shape': [4], 'data_offsets': [48, 64]} | tensor '0.bias' should have"
            + " the shape [2], found [4]",
        "{'dtype': 'F64', 'shape': [2, 1], 'data_offsets': [48, 64]} | should have the shape [2],"
            + " found [2, 1]",
        "{'dtype': 'F64', 'shape': [1, 2], 'data_offsets': [48, 64]} | found [1, 2]",
      })
  void entry(String bias, String message) {
    assertHeaderRefused("{%s, '0.bias': %s}".formatted(WEIGHT, bias), 64, message);
  }

  @Test
  void missingExtraAndMisshapenTensorsAreAllNamed() {
    assertHeaderRefused("{%s}".formatted(WEIGHT), 48, "tensor '0.bias' [2] is missing");
    assertHeaderRefused(
        "{%s, %s, '1.bias': {'dtype': 'F32', 'shape': [1], 'data_offsets': [64, 68]}}"
            .formatted(WEIGHT, BIAS),
        68,
        "tensor '1.bias' is no parameter of the model");
    assertHeaderRefused(
        "{'0.weights': {'dtype': 'F64', 'shape': [2, 3], 'data_offsets': [0, 48]}, %s}"
            .formatted(BIAS),
        64,
        "tensor '0.weight' [2, 3] is missing",
        "tensor '0.weights' is no parameter");
    assertHeaderRefused("{}", 0, "tensor '0.weight'", "tensor '0.bias'");
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
  void numbersThatAreNotFinite(double value) throws IOException {
    double[] values = SafetensorsTest.VECTOR.values();
    values[7] = value;
    assertRefused(
        SafetensorsTest.written(new ParameterVector(SafetensorsTest.LAYOUT, values)),
        "tensor '0.bias' holds " + value + " at index [1]");
  }

  /** The count of batches that batch normalisation keeps is an integer, but no parameter. */
  @Test
  void aStatisticIsNamedAsSuchAndMayHaveAnyType() {
    assertHeaderRefused(
        "{%s, %s, '1.num_batches_tracked': {'dtype': 'I64', 'shape': [], 'data_offsets': [64, 72]}}"
            .formatted(WEIGHT, BIAS),
        72,
        "tensor '1.num_batches_tracked' is a statistic of a batch norm",
        "save dict(model.named_parameters())");
  }

  @ParameterizedTest
  @ValueSource(strings = {"module.", "_orig_mod.", "model.net."})
  void aPrefixOfEveryNameIsPointedOut(String prefix) {
    String header = "{%s, %s}".formatted(WEIGHT, BIAS).replace("'0.", "'" + prefix + "0.");
    assertHeaderRefused(
        header, 64, "start with '" + prefix + "'", "'" + prefix + "0.weight' for '0.weight'");
  }

  @Test
  void aPrefixOfSomeNamesIsNot() {
    String header = "{%s, %s}".formatted(WEIGHT.replace("'0.", "'module.0."), BIAS);
    assertHeaderRefused(header, 64, "'0.weight' [2, 3] is missing", "'module.0.weight' is no");
  }

  @Test
  void messagesStayShortWhateverTheFileHolds() {
    String manyTensors =
        IntStream.range(0, 20_000)
            .mapToObj(
                "'extra%d': {'dtype': 'F32', 'shape': [0], 'data_offsets': [0, 0]}"::formatted)
            .collect(Collectors.joining(", ", "{", "}"));
    assertHeaderRefused(manyTensors, 0, "tensor '0.weight' [2, 3] is missing");
    assertHeaderRefused("{'%s': 1}".formatted("x".repeat(1_000_000)), 0);
    assertHeaderRefused("{'a': {'dtype': '%s'}}".formatted("x".repeat(1_000_000)), 0);
  }

  /** Damage to the data may go unnoticed, damage to anything else never passes as the model. */
  @Property(tries = 3000)
  void mutatedFile(@ForAll("mutations") Mutation mutation) throws IOException {
    readOrRefuse(mutation.of(SafetensorsTest.written(SafetensorsTest.VECTOR)));
  }

  @Provide
  Arbitrary<Mutation> mutations() throws IOException {
    return Mutation.arbitrary(SafetensorsTest.written(SafetensorsTest.VECTOR).length);
  }

  @Property(tries = 2000)
  void everyFlippedBit(@ForAll("bits") int bit) throws IOException {
    byte[] file = SafetensorsTest.written(SafetensorsTest.VECTOR);
    file[bit / 8] ^= (byte) (1 << (bit % 8));
    readOrRefuse(file);
  }

  @Provide
  Arbitrary<Integer> bits() throws IOException {
    int bytes = SafetensorsTest.written(SafetensorsTest.VECTOR).length;
    return Arbitraries.integers().between(0, 8 * bytes - 1);
  }

  @Property(tries = 500)
  void randomBytes(@ForAll @Size(max = 100) byte[] file) throws IOException {
    readOrRefuse(file);
  }

  @Property(tries = 500)
  void randomHeader(@ForAll @Size(max = 40) byte[] header, @ForAll Random random)
      throws IOException {
    byte[] data = new byte[random.nextInt(20)];
    byte[] file =
        ByteBuffer.allocate(8 + header.length + data.length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(header.length)
            .put(header)
            .array();
    readOrRefuse(file);
  }

  private static void readOrRefuse(byte[] file) throws IOException {
    try {
      ParameterVector vector = SafetensorsTest.read(file);
      assertThat(vector.layout()).isEqualTo(SafetensorsTest.LAYOUT);
      assertThat(vector.firstNotFinite()).isNull();
    } catch (UnusableModelException e) {
      assertThat(e.getMessage()).startsWith("Weights file 'model.safetensors'");
    }
  }

  @Test
  void modelWithoutParametersTakesOnlyAnEmptyFile() throws IOException {
    ParameterLayout none = new ParameterLayout(List.of(), List.<Shape>of());
    assertThat(SafetensorsTest.read(SafetensorsTest.file("{}", new byte[0]), none).values())
        .isEmpty();
    assertThatThrownBy(
            () -> SafetensorsTest.read(SafetensorsTest.written(SafetensorsTest.VECTOR), none))
        .isInstanceOf(UnusableModelException.class)
        .hasMessageContaining("'0.bias' is no parameter");
  }
}
