package org.samplegrad.datasets.sources;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.io.UncheckedIOException;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.datasets.BadDataException;
import org.samplegrad.datasets.BlockBuilder;
import org.samplegrad.datasets.RowProblem;
import org.samplegrad.datasets.SampleCursor;
import org.samplegrad.datasets.SampleSource;

/**
 * Handwritten digits, {@code [1, 28, 28]}, in the order of their files. A pixel becomes {@code
 * (byte/255 - 0.1307)/0.3081}, computed in float32 as torchvision's transforms do.
 *
 * @param first the position of the first sample in the files
 */
public record Mnist(Opener directory, String images, String labels, long first, long count)
    implements SampleSource {
  private static final String TEST = "t10k";
  private static final String TRAINING = "train";
  private static final int SIDE = 28;
  private static final int PIXELS = SIDE * SIDE;
  private static final float[] NORMALISED = normalised();

  /** Opens a file of a directory by its name, on any machine. */
  @FunctionalInterface
  public interface Opener extends Serializable {
    /**
     * @throws FileNotFoundException if there is no such file
     */
    InputStream open(String name) throws IOException;
  }

  private static float[] normalised() {
    float[] values = new float[256];
    for (int b = 0; b < values.length; b++) {
      values[b] = (b / 255f - 0.1307f) / 0.3081f;
    }
    return values;
  }

  /** The 10,000 test images, which come with SampleGrad. */
  public static Mnist testSet() {
    try {
      return find(TEST, Mnist::resource);
    } catch (IOException e) {
      throw new IllegalStateException("The bundled MNIST files cannot be read", e);
    }
  }

  private static InputStream resource(String name) throws IOException {
    InputStream stream = Mnist.class.getResourceAsStream(name);
    if (stream == null) {
      throw new FileNotFoundException(name);
    }
    return stream;
  }

  /**
   * The training images from a directory with the files {@code train-images-idx3-ubyte} and {@code
   * train-labels-idx1-ubyte}, each plain or with the ending {@code .gz}.
   *
   * @throws BadDataException if a file is missing or damaged
   * @throws IOException if a file cannot be read
   */
  public static Mnist trainingSet(Opener directory) throws IOException {
    return find(TRAINING, directory);
  }

  private static Mnist find(String set, Opener directory) throws IOException {
    String images = existing(directory, set + "-images-idx3-ubyte");
    Shape imagesShape = shapeOfComplete(directory, images);
    String labels = existing(directory, set + "-labels-idx1-ubyte");
    Shape labelsShape = shapeOfComplete(directory, labels);
    int count = imagesShape.extent(0);
    if (!imagesShape.equals(Shape.of(count, SIDE, SIDE))) {
      throw new BadDataException(
          "IDX file '%s' has the shape %s; images of %d x %d were expected"
              .formatted(images, imagesShape, SIDE, SIDE));
    }
    if (!labelsShape.equals(Shape.of(count))) {
      throw new BadDataException(
          "IDX file '%s' has the shape %s; one label for each of the %d images was expected"
              .formatted(labels, labelsShape, count));
    }
    return new Mnist(directory, images, labels, 0, count);
  }

  private static String existing(Opener directory, String name) throws IOException {
    for (String candidate : new String[] {name, name + ".gz"}) {
      try {
        directory.open(candidate).close();
        return candidate;
      } catch (FileNotFoundException e) {
        continue;
      }
    }
    throw new BadDataException(
        "The directory has neither '%s' nor '%s'".formatted(name, name + ".gz"));
  }

  /** Before anything is computed, so that no task finds half a file. */
  private static Shape shapeOfComplete(Opener directory, String name) throws IOException {
    try (IdxFile file = IdxFile.open(name, directory.open(name))) {
      file.requireComplete();
      return file.shape();
    }
  }

  @Override
  public Mnist range(long from, long to) {
    return new Mnist(directory, images, labels, first + from, to - from);
  }

  @Override
  public SampleCursor cursor() {
    return new Cursor(this);
  }

  /** Reads both files from the first sample on. */
  private static final class Cursor implements SampleCursor {
    private final byte[] pixels = new byte[PIXELS];
    private final byte[] label = new byte[1];
    private final Mnist source;
    private IdxFile images;
    private IdxFile labels;
    private long left;

    Cursor(Mnist source) {
      this.source = source;
      this.left = source.count;
    }

    @Override
    public boolean advance() {
      try {
        if (images == null) {
          images = opened(source.images);
          labels = opened(source.labels);
        }
        if (left == 0) {
          images.close();
          labels.close();
          return false;
        }
        left--;
        images.read(pixels);
        labels.read(label);
        return true;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private IdxFile opened(String name) throws IOException {
      IdxFile file = IdxFile.open(name, source.directory.open(name));
      file.skip(source.first);
      return file;
    }

    @Override
    public RowProblem read(BlockBuilder into) {
      if (into.features().length() != PIXELS) {
        return RowProblem.of(into.features().take(pixels), null);
      }
      return RowProblem.of(into.features().take(pixels, 0, NORMALISED), into.label().take(label));
    }
  }
}
