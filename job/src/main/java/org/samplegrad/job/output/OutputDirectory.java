package org.samplegrad.job.output;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.samplegrad.job.failures.JobFailedException;
import org.samplegrad.job.failures.RootCause;
import org.samplegrad.job.failures.WrongUsageException;

/**
 * A directory that appears whole or not at all: files are written to a sibling with a temporary
 * name, which takes the final name once all of them are there; {@code _SUCCESS} comes last.
 */
public final class OutputDirectory {
  private static final String SUCCESS = "_SUCCESS";
  private static final String LOCAL = "file";

  private final String name;
  private final FileSystem system;
  private final Path path;
  private final boolean overwrite;

  private OutputDirectory(String name, FileSystem system, Path path, boolean overwrite) {
    this.name = name;
    this.system = system;
    this.path = path;
    this.overwrite = overwrite;
  }

  /**
   * Checks, before any work is done, that the directory may be written.
   *
   * @param inputs paths that the job reads, which must not be overwritten or added to
   * @throws WrongUsageException if it exists and may not be replaced, lies in an input, or cannot
   *     be reached
   */
  public static OutputDirectory prepare(
      String name, boolean overwrite, List<String> inputs, Configuration configuration) {
    try {
      Path given = new Path(name);
      // An instance of our own: the setting below must not reach other users of a shared one.
      FileSystem system = FileSystem.newInstance(given.toUri(), configuration);
      system.setWriteChecksum(false);
      Path path = given.makeQualified(system.getUri(), system.getWorkingDirectory());
      OutputDirectory output = new OutputDirectory(name, system, path, overwrite);
      if (system.exists(path)) {
        output.requireReplaceable();
      }
      for (String input : inputs) {
        output.requireApart(input);
      }
      output.requireWritable();
      return output;
    } catch (WrongUsageException e) {
      throw e;
    } catch (IOException | RuntimeException e) { // such as a file system's class that is missing
      throw new WrongUsageException(
          "The output directory '%s' cannot be used: %s".formatted(name, RootCause.messageOf(e)),
          e);
    }
  }

  private void requireReplaceable() throws IOException {
    if (!system.getFileStatus(path).isDirectory()) {
      throw new WrongUsageException(
          "The output '%s' exists and is a file; choose another directory".formatted(name));
    }
    if (!overwrite) {
      throw new WrongUsageException(
          "The output directory '%s' exists; add --overwrite to replace it, or choose another"
              .formatted(name));
    }
    for (Path needed : List.of(system.getWorkingDirectory(), system.getHomeDirectory())) {
      if (lies(needed, path)) {
        throw cannotBeOverwritten("the working or home directory lies in it");
      }
    }
  }

  /** Neither may the output take the place of what the job reads, nor become a part of it. */
  private void requireApart(String input) throws IOException {
    for (Path found : existing(input)) {
      if (lies(found, path)) {
        throw cannotBeOverwritten("the job reads '%s' from it".formatted(input));
      }
      if (lies(path, found)) {
        throw new WrongUsageException(
            "The output directory '%s' lies in '%s', which the job reads; choose another"
                .formatted(name, input));
      }
    }
  }

  /** What a path leads to, which may be a pattern; nothing if it cannot be found here. */
  private List<Path> existing(String input) {
    try {
      Path pattern = new Path(input).makeQualified(system.getUri(), system.getWorkingDirectory());
      FileStatus[] found = system.globStatus(pattern);
      return found == null ? List.of() : Stream.of(found).map(FileStatus::getPath).toList();
    } catch (IOException | IllegalArgumentException e) { // whoever reads it says so
      return List.of();
    }
  }

  private WrongUsageException cannotBeOverwritten(String reason) {
    return new WrongUsageException(
        "The output directory '%s' cannot be overwritten: %s".formatted(name, reason));
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
    if (!LOCAL.equals(path.toUri().getScheme())) {
      return path;
    }
    java.nio.file.Path local = java.nio.file.Path.of(path.toUri().getPath());
    java.nio.file.Path above = local;
    while (!Files.exists(above)) {
      above = above.getParent();
    }
    return new Path(above.toRealPath().resolve(above.relativize(local)).toString());
  }

  /** Tries it in the nearest directory that exists, so as to leave nothing behind. */
  private void requireWritable() throws IOException {
    Path above = path.getParent();
    while (!system.exists(above)) {
      above = above.getParent();
    }
    Path probe = temporary(above);
    if (!system.mkdirs(probe)) {
      throw new IOException("no directory can be made in '%s'".formatted(above));
    }
    system.delete(probe, true);
  }

  private Path temporary(Path parent) {
    return new Path(parent, ".%s-%s".formatted(path.getName(), UUID.randomUUID()));
  }

  /** Writes the contents of one file. */
  @FunctionalInterface
  public interface Content {
    void writeTo(OutputStream stream) throws IOException;
  }

  /** A file by its name. */
  public record File(String name, Content content) {}

  /**
   * Writes all files, replacing an earlier directory if that was asked for.
   *
   * @throws JobFailedException if the files cannot be written; nothing is left behind then
   */
  public void write(List<File> files) {
    Path temporary = temporary(path.getParent());
    try {
      try {
        for (File file : files) {
          try (OutputStream stream = system.create(new Path(temporary, file.name()), false)) {
            file.content().writeTo(stream);
          }
        }
        publish(temporary);
      } finally {
        system.delete(temporary, true);
      }
    } catch (IOException e) {
      throw new JobFailedException(
          "The output directory '%s' cannot be written: %s".formatted(name, RootCause.messageOf(e)),
          e);
    }
  }

  private void publish(Path temporary) throws IOException {
    if (system.exists(path)) {
      if (!overwrite) {
        throw new IOException("it was created by another program meanwhile");
      }
      system.delete(path, true);
    }
    if (!system.rename(temporary, path)) {
      throw new IOException("the finished files cannot be moved there");
    }
    system.create(new Path(path, SUCCESS), true).close();
  }

  @Override
  public String toString() {
    return name;
  }
}
