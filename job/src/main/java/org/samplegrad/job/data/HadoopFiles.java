package org.samplegrad.job.data;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.samplegrad.core.models.onnx.ExternalFiles;

/** Files of any file system that Hadoop knows. */
public final class HadoopFiles {
  private static final String LOCAL = "file";

  private final Configuration configuration;

  public HadoopFiles(Configuration configuration) {
    this.configuration = configuration;
  }

  /** A path with its file system. */
  public record Location(FileSystem system, Path path) {}

  /**
   * @throws IOException if the path is malformed, or its file system cannot be reached
   */
  public Location locate(String path) throws IOException {
    try {
      Path parsed = new Path(path);
      FileSystem system = parsed.getFileSystem(configuration);
      return new Location(
          system, parsed.makeQualified(system.getUri(), system.getWorkingDirectory()));
    } catch (IllegalArgumentException e) {
      throw new IOException("'%s' is not a path: %s".formatted(path, e.getMessage()), e);
    } catch (RuntimeException e) { // such as a class of the file system that is missing
      throw new IOException(e);
    }
  }

  /** What is read from one file. */
  @FunctionalInterface
  public interface Reader<T> {
    T read(InputStream stream, long length) throws IOException;
  }

  /**
   * Opens a file, reads from it and closes it.
   *
   * @throws FileNotFoundException if there is no such file
   */
  public <T> T read(String path, Reader<T> reader) throws IOException {
    Location location = locate(path);
    FileStatus status = location.system().getFileStatus(location.path());
    if (status.isDirectory()) {
      throw new IOException("'%s' is a directory; expected a file".formatted(path));
    }
    try (InputStream stream = location.system().open(location.path())) {
      return reader.read(stream, status.getLen());
    }
  }

  /** Whether a path, which may be a glob pattern, leads to anything. */
  public boolean exists(String path) throws IOException {
    Location location = locate(path);
    FileStatus[] found = location.system().globStatus(location.path());
    return found != null && found.length > 0;
  }

  /**
   * Opens a file of the folder in which another lies.
   *
   * @param name a relative path without {@code ..}
   * @throws IOException if there is no such file, or it lies elsewhere, behind a link
   */
  public ExternalFiles.Opened openBeside(String path, String name) throws IOException {
    Location location = locate(path);
    Path folder = location.path().getParent();
    Path file = new Path(folder, name);
    FileSystem system = location.system();
    FileStatus status = system.getFileStatus(file);
    String inside = resolved(system, folder).replaceFirst("/?$", "/");
    if (!resolved(system, file).startsWith(inside)) {
      throw new IOException("it is a link that leaves the folder");
    }
    if (!status.isFile()) {
      throw new IOException("it is no file");
    }
    return new ExternalFiles.Opened(system.open(file), status.getLen());
  }

  /** The place of a file after all links. */
  private static String resolved(FileSystem system, Path path) throws IOException {
    return system.getUri().getScheme().equals(LOCAL)
        ? java.nio.file.Path.of(path.toUri().getPath()).toRealPath().toString()
        : system.resolvePath(path).toUri().getPath();
  }

  /** Opens a file of a directory by name. */
  public InputStream open(String directory, String name) throws IOException {
    Location location = locate(directory);
    return location.system().open(new Path(location.path(), name));
  }
}
