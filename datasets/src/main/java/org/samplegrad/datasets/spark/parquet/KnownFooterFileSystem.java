package org.samplegrad.datasets.spark.parquet;

import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URI;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FSInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;

/**
 * Shows the Parquet files of another file system with footers of which this Parquet library knows
 * everything ({@link Footer}). A path is the file's own with a prefix before its scheme. Read only.
 */
public final class KnownFooterFileSystem extends FileSystem {
  private static final String PREFIX = "samplegrad+";

  private URI uri;

  /** Makes a configuration know the file system that shows a file. */
  static void register(Path file, Configuration configuration) {
    String scheme = PREFIX + file.toUri().getScheme();
    configuration.set("fs." + scheme + ".impl", KnownFooterFileSystem.class.getName());
  }

  /** The path under which a file is seen here. */
  static Path shown(Path file) {
    return new Path(URI.create(PREFIX + file.toUri()));
  }

  private static Path original(Path shown) {
    return new Path(URI.create(shown.toUri().toString().substring(PREFIX.length())));
  }

  @Override
  public void initialize(URI name, Configuration configuration) throws IOException {
    super.initialize(name, configuration);
    uri = name;
  }

  @Override
  public URI getUri() {
    return uri;
  }

  private FileSystem system(Path original) throws IOException {
    return original.getFileSystem(getConf());
  }

  private Footer footer(Path original) throws IOException {
    FileSystem system = system(original);
    return Footer.read(system, original, system.getFileStatus(original).getLen());
  }

  @Override
  public FSDataInputStream open(Path shown, int bufferSize) throws IOException {
    Path original = original(shown);
    Footer footer = footer(original);
    FSDataInputStream data = system(original).open(original, bufferSize);
    return new FSDataInputStream(new Joined(data, footer.start(), footer.bytes()));
  }

  @Override
  public FileStatus getFileStatus(Path shown) throws IOException {
    Path original = original(shown);
    FileStatus status = system(original).getFileStatus(original);
    if (!status.isFile()) {
      throw new FileNotFoundException(original.toString());
    }
    Footer footer = footer(original);
    return new FileStatus(
        footer.start() + footer.bytes().length,
        false,
        status.getReplication(),
        status.getBlockSize(),
        status.getModificationTime(),
        shown);
  }

  /** A file up to a position, then bytes in its place. */
  private static final class Joined extends FSInputStream {
    private final FSDataInputStream data;
    private final long start;
    private final byte[] end;
    private long position;

    Joined(FSDataInputStream data, long start, byte[] end) {
      this.data = data;
      this.start = start;
      this.end = end;
    }

    @Override
    public void seek(long target) throws IOException {
      if (target < 0 || target > start + end.length) {
        throw new EOFException("There is no byte " + target);
      }
      position = target;
    }

    @Override
    public long getPos() {
      return position;
    }

    @Override
    public boolean seekToNewSource(long target) {
      return false;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      int count;
      if (position < start) {
        if (data.getPos() != position) {
          data.seek(position);
        }
        count = data.read(into, offset, (int) Math.min(length, start - position));
      } else {
        int from = (int) (position - start);
        count = from == end.length ? -1 : Math.min(length, end.length - from);
        if (count > 0) {
          System.arraycopy(end, from, into, offset, count);
        }
      }
      position += Math.max(count, 0);
      return count;
    }

    @Override
    public void close() throws IOException {
      data.close();
    }
  }

  private static IOException readOnly() {
    return new IOException("This file system is read only");
  }

  @Override
  public FSDataOutputStream create(
      Path path,
      FsPermission permission,
      boolean overwrite,
      int bufferSize,
      short replication,
      long blockSize,
      Progressable progress)
      throws IOException {
    throw readOnly();
  }

  @Override
  public FSDataOutputStream append(Path path, int bufferSize, Progressable progress)
      throws IOException {
    throw readOnly();
  }

  @Override
  public boolean rename(Path from, Path to) throws IOException {
    throw readOnly();
  }

  @Override
  public boolean delete(Path path, boolean recursive) throws IOException {
    throw readOnly();
  }

  @Override
  public boolean mkdirs(Path path, FsPermission permission) throws IOException {
    throw readOnly();
  }

  @Override
  public FileStatus[] listStatus(Path path) throws IOException {
    return new FileStatus[] {getFileStatus(path)};
  }

  @Override
  public void setWorkingDirectory(Path directory) {
    throw new UnsupportedOperationException("Paths of this file system are absolute");
  }

  @Override
  public Path getWorkingDirectory() {
    return new Path(uri.toString(), "/");
  }
}
