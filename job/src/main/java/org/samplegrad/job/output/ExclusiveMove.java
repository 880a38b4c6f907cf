package org.samplegrad.job.output;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FilterFileSystem;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.Path;

/**
 * A change of name that fails where something has the new name. {@link FileSystem#rename} moves a
 * directory into another that has the name, or copies it there.
 */
final class ExclusiveMove extends FilterFileSystem {
  static final String LOCAL = "file";

  private ExclusiveMove(FileSystem system) {
    super(system);
  }

  /**
   * @throws FileAlreadyExistsException if something else has the name
   */
  static void move(FileSystem system, Path from, Path to) throws IOException {
    if (system.exists(to)) {
      throw new FileAlreadyExistsException("'%s' is there already".formatted(to));
    }
    if (isLocal(system)) {
      // One call of the operating system, which replaces no directory with files in it.
      try {
        Files.move(local(from), local(to), StandardCopyOption.ATOMIC_MOVE);
      } catch (FileSystemException e) {
        throw system.exists(to) ? new FileAlreadyExistsException(e.getMessage()) : e;
      }
    } else {
      new ExclusiveMove(system).rename(from, to, Options.Rename.NONE);
    }
  }

  static boolean isLocal(FileSystem system) {
    return LOCAL.equals(system.getUri().getScheme());
  }

  static java.nio.file.Path local(Path path) {
    return java.nio.file.Path.of(path.toUri().getPath());
  }
}
