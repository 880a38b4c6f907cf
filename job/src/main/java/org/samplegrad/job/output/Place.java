package org.samplegrad.job.output;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * A path that results are written to.
 *
 * @param name as it was given
 * @param system an instance of its own
 */
record Place(String name, FileSystem system, Path path) implements AutoCloseable {

  static Place of(String name, Configuration configuration) throws IOException {
    Path given = new Path(name);
    // An instance of our own: the setting below must not reach other users of a shared one.
    FileSystem system = FileSystem.newInstance(given.toUri(), configuration);
    system.setWriteChecksum(false);
    return new Place(
        name, system, given.makeQualified(system.getUri(), system.getWorkingDirectory()));
  }

  /** A path in the same directory. */
  Path beside(String other) {
    return new Path(path.getParent(), other);
  }

  /** What a path leads to, which may be a pattern; nothing if it cannot be found here. */
  List<Path> existing(String input) {
    try {
      Path pattern = new Path(input).makeQualified(system.getUri(), system.getWorkingDirectory());
      FileStatus[] found = system.globStatus(pattern);
      return found == null ? List.of() : Stream.of(found).map(FileStatus::getPath).toList();
    } catch (IOException | IllegalArgumentException e) { // whoever reads it says so
      return List.of();
    }
  }

  boolean liesIn(Path outer) throws IOException {
    return lies(path, outer);
  }

  boolean holds(Path inner) throws IOException {
    return lies(inner, path);
  }

  /** Whether a path is the other or lies in it, links followed. */
  private static boolean lies(Path inner, Path outer) throws IOException {
    Path target = real(outer);
    for (Path above = real(inner); above != null; above = above.getParent()) {
      if (above.equals(target)) {
        return true;
      }
    }
    return false;
  }

  /** The path without links, where the file system is this machine's own. */
  private static Path real(Path path) throws IOException {
    if (!ExclusiveMove.LOCAL.equals(path.toUri().getScheme())) {
      return path;
    }
    java.nio.file.Path local = ExclusiveMove.local(path);
    java.nio.file.Path above = local;
    while (!Files.exists(above)) {
      above = above.getParent();
    }
    return new Path(above.toRealPath().resolve(above.relativize(local)).toString());
  }

  @Override
  public void close() throws IOException {
    system.close();
  }
}
