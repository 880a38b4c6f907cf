package org.samplegrad.datasets.sources;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.datasets.BadDataException;

/**
 * An array of unsigned bytes from a file in the IDX format, plain or compressed with gzip: two zero
 * bytes, a type, the number of axes, the extents as big-endian integers, the values.
 */
final class IdxArray {
  private static final int UNSIGNED_BYTE = 0x08;
  private static final int MOST_AXES = 8;
  private static final int GZIP_MAGIC = 0x1f8b;

  private final Shape shape;
  private final byte[] values;

  private IdxArray(Shape shape, byte[] values) {
    this.shape = shape;
    this.values = values;
  }

  /**
   * @param name the file's name, for messages
   * @throws BadDataException if the file is damaged, cut short, or not of this format
   * @throws IOException if the stream cannot be read
   */
  static IdxArray read(String name, InputStream stream) throws IOException {
    try {
      DataInputStream data = new DataInputStream(decompressed(stream));
      Shape shape = header(data);
      byte[] values = data.readNBytes(shape.size());
      if (values.length < shape.size()) {
        throw new BadDataException(
            "IDX file '%s' is cut short: its header announces %d bytes %s, %d are there"
                .formatted(name, shape.size(), shape, values.length));
      }
      if (data.read() >= 0) {
        throw new BadDataException(
            "IDX file '%s' goes on after the %d bytes %s that its header announces"
                .formatted(name, shape.size(), shape));
      }
      return new IdxArray(shape, values);
    } catch (EOFException e) {
      throw new BadDataException(
          "IDX file '%s' is cut short: it ends before its data do".formatted(name), e);
    } catch (ZipException e) {
      throw new BadDataException(
          "IDX file '%s' is damaged: its gzip compression cannot be read (%s)"
              .formatted(name, e.getMessage()),
          e);
    } catch (IllegalArgumentException e) {
      throw new BadDataException("'%s' is not an IDX file: %s".formatted(name, e.getMessage()), e);
    }
  }

  private static InputStream decompressed(InputStream stream) throws IOException {
    BufferedInputStream buffered = new BufferedInputStream(stream);
    buffered.mark(2);
    int magic = (buffered.read() << 8) | buffered.read();
    buffered.reset();
    return magic == GZIP_MAGIC ? new GZIPInputStream(buffered) : buffered;
  }

  private static Shape header(DataInputStream data) throws IOException {
    int zeros = data.readUnsignedShort();
    int type = data.readUnsignedByte();
    int axes = data.readUnsignedByte();
    if (zeros != 0 || axes < 1 || axes > MOST_AXES) {
      throw new IllegalArgumentException("it does not start as one");
    }
    if (type != UNSIGNED_BYTE) {
      throw new IllegalArgumentException(
          "its values have the type 0x%02x; only unsigned bytes, 0x08, are read".formatted(type));
    }
    int[] extents = new int[axes];
    for (int axis = 0; axis < axes; axis++) {
      extents[axis] = data.readInt();
    }
    return Shape.of(extents);
  }

  Shape shape() {
    return shape;
  }

  /** Row-major, not copied. */
  byte[] values() {
    return values;
  }

  @Override
  public String toString() {
    return "IdxArray" + shape + Arrays.toString(Arrays.copyOf(values, 8));
  }
}
