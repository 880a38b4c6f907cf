package org.samplegrad.datasets.sources;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.losses.TargetSpec;
import org.samplegrad.core.passes.Block;
import org.samplegrad.datasets.BadDataException;
import org.samplegrad.datasets.BlockIterator;
import org.samplegrad.datasets.RowPolicy;
import org.samplegrad.datasets.SampleFormat;

/** A directory with the training set's files: intact, missing, cut short and damaged. */
class MnistFilesTest {
  private static final int COUNT = 3;
  private static final String IMAGES = "train-images-idx3-ubyte";
  private static final String LABELS = "train-labels-idx1-ubyte";

  private final Map<String, byte[]> files = new HashMap<>();
  private int open;

  private InputStream open(String name) throws IOException {
    byte[] bytes = files.get(name);
    if (bytes == null) {
      throw new FileNotFoundException(name);
    }
    open++;
    return new ByteArrayInputStream(bytes) {
      @Override
      public void close() {
        open--;
      }
    };
  }

  private static byte[] idx(int type, int[] extents, int values) {
    ByteBuffer file = ByteBuffer.allocate(4 + 4 * extents.length + values);
    file.put((byte) 0).put((byte) 0).put((byte) type).put((byte) extents.length);
    Arrays.stream(extents).forEach(file::putInt);
    for (int i = 0; i < values; i++) {
      file.put((byte) (i % 10));
    }
    return file.array();
  }

  private static byte[] compressed(byte[] bytes) throws IOException {
    ByteArrayOutputStream stream = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(stream)) {
      gzip.write(bytes);
    }
    return stream.toByteArray();
  }

  private void write() {
    files.put(IMAGES, idx(8, new int[] {COUNT, 28, 28}, COUNT * 784));
    files.put(LABELS, idx(8, new int[] {COUNT}, COUNT));
  }

  private static List<Block> samples(Mnist digits) {
    SampleFormat format =
        new SampleFormat(Shape.of(784), new TargetSpec.ClassIndex(10), Precision.FLOAT64);
    List<Block> samples = new ArrayList<>();
    new BlockIterator(digits.cursor(), 0, format, 1, RowPolicy.FAIL)
        .forEachRemaining(delivery -> samples.add(delivery.block()));
    return samples;
  }

  @Test
  void plainAndCompressedFilesAreTheSame() throws IOException {
    write();
    List<Block> plain = samples(Mnist.trainingSet(this::open));
    assertThat(plain).hasSize(COUNT);
    byte[] pixels = new byte[784];
    float[] table = new float[256];
    for (int i = 0; i < table.length; i++) {
      table[i] = (i / 255f - 0.1307f) / 0.3081f;
    }
    for (int n = 0; n < COUNT; n++) {
      for (int i = 0; i < pixels.length; i++) {
        pixels[i] = (byte) ((n * 784 + i) % 10);
      }
      assertThat(plain.get(n))
          .usingRecursiveComparison()
          .isEqualTo(Block.of(1, Shape.of(784), pixels, table, new double[] {n}));
    }
    files.put(IMAGES + ".gz", compressed(files.remove(IMAGES)));
    files.put(LABELS + ".gz", compressed(files.remove(LABELS)));
    assertThat(samples(Mnist.trainingSet(this::open))).usingRecursiveComparison().isEqualTo(plain);
    assertThat(open).as("files left open").isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {IMAGES, LABELS})
  void aMissingFileIsNamed(String name) {
    write();
    files.remove(name);
    assertThatThrownBy(() -> Mnist.trainingSet(this::open))
        .isInstanceOf(BadDataException.class)
        .hasMessage("The directory has neither '%s' nor '%s.gz'".formatted(name, name));
  }

  @ParameterizedTest
  @ValueSource(strings = {IMAGES, LABELS})
  void everyTruncationIsNoticed(String name) throws IOException {
    write();
    byte[] intact = files.get(name);
    for (int length = 0; length < intact.length; length += length < 20 ? 1 : 391) {
      files.put(name, Arrays.copyOf(intact, length));
      assertThatThrownBy(() -> Mnist.trainingSet(this::open))
          .isInstanceOf(BadDataException.class)
          .hasMessage("IDX file '%s' is cut short: it ends before its data do".formatted(name));
    }
    files.put(name, Arrays.copyOf(intact, intact.length + 1));
    assertThatThrownBy(() -> Mnist.trainingSet(this::open))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("'%s' goes on after the".formatted(name));
    files.remove(name);
    byte[] compressed = compressed(intact);
    files.put(name + ".gz", Arrays.copyOf(compressed, compressed.length - 9));
    assertThatThrownBy(() -> Mnist.trainingSet(this::open))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("'%s.gz' is cut short".formatted(name));
    compressed[compressed.length - 10] ^= 64;
    files.put(name + ".gz", compressed);
    assertThatThrownBy(() -> Mnist.trainingSet(this::open))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining(name + ".gz");
  }

  @ParameterizedTest
  @CsvSource({
    "0, 1, it does not start as one",
    "1, 1, it does not start as one",
    "3, 0, it does not start as one",
    "3, 9, it does not start as one",
    "2, 13, its values have the type 0x0d; only unsigned bytes"
  })
  void anotherHeaderIsNoIdxFile(int position, int value, String problem) {
    write();
    files.get(IMAGES)[position] = (byte) value;
    assertThatThrownBy(() -> Mnist.trainingSet(this::open))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("'%s' is not an IDX file: %s".formatted(IMAGES, problem));
  }

  @Test
  void eightAxesAreRead() throws IOException {
    byte[] file = idx(8, new int[] {2, 1, 1, 1, 1, 1, 1, 3}, 6);
    try (IdxFile idx = IdxFile.open("x", new ByteArrayInputStream(file))) {
      assertThat(idx.shape()).isEqualTo(Shape.of(2, 1, 1, 1, 1, 1, 1, 3));
      byte[] item = new byte[3];
      idx.skip(1);
      idx.read(item);
      assertThat(item).containsExactly(3, 4, 5);
    }
  }

  @Test
  void filesThatDoNotFitEachOther() {
    write();
    files.put(LABELS, idx(8, new int[] {COUNT + 1}, COUNT + 1));
    assertThatThrownBy(() -> Mnist.trainingSet(this::open))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("one label for each of the 3 images");
    files.put(IMAGES, idx(8, new int[] {COUNT, 28, 27}, COUNT * 28 * 27));
    assertThatThrownBy(() -> Mnist.trainingSet(this::open))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("images of 28 x 28");
  }
}
