package org.samplegrad.datasets.spark.parquet;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.format.ColumnOrder;
import org.apache.parquet.format.FileMetaData;
import org.apache.parquet.format.SchemaElement;
import org.apache.parquet.format.Util;
import org.apache.parquet.format.converter.ParquetMetadataConverter;
import org.apache.parquet.hadoop.metadata.ParquetMetadata;

/**
 * The footer of a Parquet file without what this Parquet library does not know: it gives up on a
 * whole file for one column of a newer logical type, such as float16.
 *
 * @param start the byte at which the footer begins
 * @param unknown the paths, joined by dots, of the columns whose logical type was left out
 * @param changed whether anything was left out
 */
record Footer(long start, FileMetaData metadata, Set<String> unknown, boolean changed) {
  private static final String MAGIC = "PAR1";
  private static final String ENCRYPTED = "PARE";

  /** The footer's length and the magic word. */
  private static final int END_BYTES = Integer.BYTES + MAGIC.length();

  private static final int DEEPEST = 200;

  /** A magic word at the beginning, too. */
  private static final int LEAST_BYTES = MAGIC.length() + END_BYTES;

  /**
   * @throws IOException if the file cannot be read, or is none; the message goes on after its name
   */
  static Footer read(FileSystem system, Path path, long length) throws IOException {
    if (length < LEAST_BYTES) {
      throw new IOException("it has only %d bytes".formatted(length));
    }
    try (FSDataInputStream stream = system.open(path)) {
      byte[] end = new byte[END_BYTES];
      stream.readFully(length - END_BYTES, end);
      String magic = new String(end, Integer.BYTES, MAGIC.length(), StandardCharsets.US_ASCII);
      if (magic.equals(ENCRYPTED)) {
        throw new IOException("it is encrypted");
      }
      long footer =
          Integer.toUnsignedLong(ByteBuffer.wrap(end).order(ByteOrder.LITTLE_ENDIAN).getInt());
      if (!magic.equals(MAGIC) || footer > length - LEAST_BYTES) {
        throw new IOException("it does not end as a Parquet file does, and may be cut short");
      }
      long start = length - END_BYTES - footer;
      stream.seek(start);
      return without(start, Util.readFileMetaData(bounded(stream, footer)));
    }
  }

  /** Buffered, as the footer is read byte by byte. */
  private static InputStream bounded(InputStream stream, long length) {
    return new BufferedInputStream(stream, (int) Math.min(1 << 16, Math.max(1, length)));
  }

  private static Footer without(long start, FileMetaData metadata) throws IOException {
    Set<String> unknown = new HashSet<>();
    List<SchemaElement> elements = metadata.getSchema();
    int columns = elements.isEmpty() ? 0 : elements.get(0).getNum_children();
    int position = 1; // after the root
    for (int column = 0; column < columns && position < elements.size(); column++) {
      position = strip(elements, position, "", 0, unknown);
    }
    boolean orders =
        metadata.isSetColumn_orders()
            && !metadata.getColumn_orders().stream().allMatch(ColumnOrder::isSet);
    if (orders) {
      metadata.unsetColumn_orders();
    }
    return new Footer(start, metadata, Set.copyOf(unknown), orders || !unknown.isEmpty());
  }

  /** Strips one column with all below it; the position after them. */
  private static int strip(
      List<SchemaElement> elements, int position, String parent, int depth, Set<String> unknown)
      throws IOException {
    if (depth > DEEPEST) {
      throw new IOException("its columns are nested deeper than %d levels".formatted(DEEPEST));
    }
    SchemaElement element = elements.get(position);
    String path = parent + element.getName();
    if (element.isSetLogicalType() && !element.getLogicalType().isSet()) {
      element.unsetLogicalType();
      unknown.add(path);
    }
    int next = position + 1;
    for (int child = 0; child < element.getNum_children() && next < elements.size(); child++) {
      next = strip(elements, next, path + ".", depth + 1, unknown);
    }
    return next;
  }

  /** In the form that Parquet's readers use. */
  ParquetMetadata parsed() throws IOException {
    return new ParquetMetadataConverter().fromParquetMetadata(metadata);
  }

  /** What stands at the file's end: the footer, its length and the magic word. */
  byte[] bytes() {
    try {
      ByteArrayOutputStream stream = new ByteArrayOutputStream();
      Util.writeFileMetaData(metadata, stream);
      int length = stream.size();
      stream.write(
          ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN).putInt(length).array());
      stream.write(MAGIC.getBytes(StandardCharsets.US_ASCII));
      return stream.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // memory does not fail
    }
  }
}
