package org.samplegrad.datasets.spark.parquet;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.zip.CRC32;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.format.PageHeader;
import org.apache.parquet.format.PageType;
import org.apache.parquet.format.Util;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;

/**
 * The checksums of data pages of the second version, which the Parquet library writes and reads but
 * does not compare. It compares those of the first version and of dictionaries itself.
 */
final class PageChecksums {
  private static final int BUFFER_BYTES = 1 << 16;

  private static final int HEADER_BYTES = 1 << 10;

  private PageChecksums() {}

  /** Whether the first data page, as whose the others are, is of the second version with one. */
  static boolean areIn(FileSystem system, Path path, List<BlockMetaData> rowGroups)
      throws IOException {
    // A row group without rows, as of a table that is empty, has no data page.
    Optional<ColumnChunkMetaData> chunk =
        rowGroups.stream()
            .flatMap(rowGroup -> rowGroup.getColumns().stream())
            .filter(column -> column.getValueCount() > 0)
            .findFirst();
    if (chunk.isEmpty()) {
      return false;
    }
    try (FSDataInputStream stream = system.open(path)) {
      stream.seek(chunk.get().getFirstDataPageOffset());
      PageHeader header = Util.readPageHeader(new BufferedInputStream(stream, HEADER_BYTES));
      return header.getType() == PageType.DATA_PAGE_V2 && header.isSetCrc();
    }
  }

  /**
   * Reads the row groups of one piece of a file once before they are decoded.
   *
   * @param columns the top-level columns that will be read, in lower case
   * @throws IOException if a page is damaged
   */
  static void verify(
      Path path, long start, long length, Set<String> columns, Configuration configuration)
      throws IOException {
    FileSystem system = path.getFileSystem(configuration);
    Footer footer = Footer.read(system, path, system.getFileStatus(path).getLen());
    List<BlockMetaData> rowGroups = footer.parsed().getBlocks();
    try (FSDataInputStream stream = system.open(path)) {
      for (BlockMetaData rowGroup : rowGroups) {
        long middle = middle(rowGroup);
        if (start <= middle && middle < start + length) {
          verify(rowGroup, columns, stream);
        }
      }
    }
  }

  /** By this byte a row group belongs to a piece of its file. */
  private static long middle(BlockMetaData rowGroup) {
    return rowGroup.getColumns().get(0).getStartingPos() + rowGroup.getCompressedSize() / 2;
  }

  private static void verify(BlockMetaData rowGroup, Set<String> columns, FSDataInputStream stream)
      throws IOException {
    for (ColumnChunkMetaData chunk : rowGroup.getColumns()) {
      String column = chunk.getPath().toArray()[0].toLowerCase(Locale.ROOT);
      if (columns.contains(column)) {
        stream.seek(chunk.getStartingPos());
        verify(chunk, new BufferedInputStream(stream, BUFFER_BYTES));
      }
    }
  }

  private static void verify(ColumnChunkMetaData chunk, InputStream pages) throws IOException {
    long left = chunk.getValueCount();
    while (left > 0) {
      PageHeader header = Util.readPageHeader(pages);
      int size = header.getCompressed_page_size();
      if (size < 0 || size > chunk.getTotalSize()) {
        throw new IOException("column '%s' has a damaged page".formatted(chunk.getPath()));
      }
      if (header.getType() == PageType.DATA_PAGE_V2) {
        left -= header.getData_page_header_v2().getNum_values();
        if (header.isSetCrc()) {
          compare(header, pages.readNBytes(size), chunk);
          continue;
        }
      } else if (header.getType() == PageType.DATA_PAGE) {
        left -= header.getData_page_header().getNum_values();
      }
      pages.skipNBytes(size);
    }
  }

  private static void compare(PageHeader header, byte[] page, ColumnChunkMetaData chunk)
      throws IOException {
    if (page.length < header.getCompressed_page_size()) {
      throw new EOFException("it is cut short");
    }
    CRC32 checksum = new CRC32();
    checksum.update(page);
    if ((int) checksum.getValue() != header.getCrc()) {
      throw new IOException(
          "a page of column '%s' is damaged: CRC checksum verification failed"
              .formatted(chunk.getPath()));
    }
  }
}
