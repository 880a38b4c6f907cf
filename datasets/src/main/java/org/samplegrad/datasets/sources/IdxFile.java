package org.samplegrad.datasets.sources;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.datasets.BadDataException;

/**
 * An array of unsigned bytes in a file of the IDX format, plain or compressed with gzip: two zero
 * bytes, a type, the number of axes, the extents as big-endian integers, the values. It is read as
 * a stream, so that any number of items fits.
 */
final class IdxFile implements AutoCloseable {
  private static final int UNSIGNED_BYTE = 0x08;
  private static final int MOST_AXES = 8;
  private static final int GZIP_MAGIC = 0x1f8b;

  /** Read at once: whenever a buffer is empty, the file system is asked what is left. */
  private static final int BUFFER_BYTES = 1 << 16;

  private final String name;
  private final Shape shape;
  private final int itemSize;
  private final DataInputStream data;

  private IdxFile(String name, Shape shape, DataInputStream data) {
    this.name = name;
    this.shape = shape;
    this.itemSize = shape.dropFirst().size();
    this.data = data;
  }

  /**
   * Begins to read a file.
   *
   * @param name the file's name, for messages
   * @throws BadDataException if it is not of this format
   * @throws IOException if the stream cannot be read
   */
  static IdxFile open(String name, InputStream stream) throws IOException {
    return explained(
        name,
        () -> {
          DataInputStream data = new DataInputStream(decompressed(stream));
          return new IdxFile(name, header(data), data);
        });
  }

  @FunctionalInterface
  private interface Reading<T> {
    T read() throws IOException;
  }

  private static <T> T explained(String name, Reading<T> reading) throws IOException {
    try {
      return reading.read();
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
    BufferedInputStream buffered = new BufferedInputStream(stream, BUFFER_BYTES);
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

  /** Passes over items. */
  void skip(long items) throws IOException {
    explained(
        name,
        () -> {
          data.skipNBytes(items * itemSize);
          return null;
        });
  }

  /** Reads the next item into the beginning of an array. */
  void read(byte[] item) throws IOException {
    explained(
        name,
        () -> {
          data.readFully(item, 0, itemSize);
          return null;
        });
  }

  /**
   * Reads the rest of the file.
   *
   * @throws BadDataException if it ends before its data do, or goes on after them
   */
  void requireComplete() throws IOException {
    boolean goesOn =
        explained(
            name,
            () -> {
              long left = (long) shape.extent(0) * itemSize;
              byte[] buffer = new byte[BUFFER_BYTES];
              while (left > 0) {
                int part = (int) Math.min(buffer.length, left);
                data.readFully(buffer, 0, part);
                left -= part;
              }
              return data.read() >= 0;
            });
    if (goesOn) {
      throw new BadDataException(
          "IDX file '%s' goes on after the %d bytes %s that its header announces"
              .formatted(name, shape.size(), shape));
    }
  }

  @Override
  public void close() throws IOException {
    data.close();
  }
}
