package org.samplegrad.datasets.sources;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.datasets.BadDataException;
import org.samplegrad.datasets.BlockBuilder;
import org.samplegrad.datasets.RowProblem;
import org.samplegrad.datasets.SampleSource;

/**
 * Handwritten digits, {@code [1, 28, 28]}, in the order of their files. A pixel becomes {@code
 * (byte/255 - 0.1307)/0.3081}, computed in float32 as torchvision's transforms do.
 */
public final class Mnist implements SampleSource {
  private static final long serialVersionUID = 1L;

  private static final String TEST = "t10k";
  private static final String TRAINING = "train";
  private static final int SIDE = 28;
  private static final int PIXELS = SIDE * SIDE;
  private static final float[] NORMALISED = normalised();

  private final byte[] pixels;
  private final byte[] labels;

  /** Opens a file of a directory by its name. */
  @FunctionalInterface
  public interface Opener {
    /**
     * @throws FileNotFoundException if there is no such file
     */
    InputStream open(String name) throws IOException;
  }

  private Mnist(byte[] pixels, byte[] labels) {
    this.pixels = pixels;
    this.labels = labels;
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
      return read(TEST, Mnist::resource);
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
    return read(TRAINING, directory);
  }

  private static Mnist read(String set, Opener directory) throws IOException {
    String imagesName = set + "-images-idx3-ubyte";
    String labelsName = set + "-labels-idx1-ubyte";
    IdxArray images = read(directory, imagesName);
    IdxArray labels = read(directory, labelsName);
    int count = images.shape().extent(0);
    if (!images.shape().equals(Shape.of(count, SIDE, SIDE))) {
      throw new BadDataException(
          "IDX file '%s' has the shape %s; images of %d x %d were expected"
              .formatted(imagesName, images.shape(), SIDE, SIDE));
    }
    if (!labels.shape().equals(Shape.of(count))) {
      throw new BadDataException(
          "IDX file '%s' has the shape %s; one label for each of the %d images was expected"
              .formatted(labelsName, labels.shape(), count));
    }
    return new Mnist(images.values(), labels.values());
  }

  private static IdxArray read(Opener directory, String name) throws IOException {
    for (String candidate : new String[] {name, name + ".gz"}) {
      try (InputStream stream = directory.open(candidate)) {
        return IdxArray.read(candidate, stream);
      } catch (FileNotFoundException e) {
        continue;
      }
    }
    throw new BadDataException(
        "The directory has neither '%s' nor '%s'".formatted(name, name + ".gz"));
  }

  @Override
  public long count() {
    return labels.length;
  }

  @Override
  public RowProblem read(long index, BlockBuilder into) {
    int first = Math.toIntExact(index) * PIXELS;
    float[] features = new float[PIXELS];
    for (int i = 0; i < PIXELS; i++) {
      features[i] = NORMALISED[pixels[first + i] & 0xff];
    }
    return RowProblem.of(
        into.features().take(features),
        into.label().take(new double[] {labels[Math.toIntExact(index)]}));
  }

  @Override
  public Mnist range(long from, long to) {
    int first = Math.toIntExact(from);
    int last = Math.toIntExact(to);
    return new Mnist(
        Arrays.copyOfRange(pixels, first * PIXELS, last * PIXELS),
        Arrays.copyOfRange(labels, first, last));
  }
}
