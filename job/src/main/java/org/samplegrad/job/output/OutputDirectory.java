package org.samplegrad.job.output;

import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
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
   * @param inputs paths that the job reads, which must not be overwritten
   * @throws WrongUsageException if it exists and may not be replaced, or cannot be reached
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
        output.requireReplaceable(inputs);
      }
      output.requireWritable();
      return output;
    } catch (IOException | IllegalArgumentException e) {
      throw new WrongUsageException(
          "The output directory '%s' cannot be used: %s".formatted(name, RootCause.messageOf(e)),
          e);
    }
  }

  private void requireReplaceable(List<String> inputs) throws IOException {
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
      requireOutside(needed, "the working or home directory lies in it");
    }
    for (String input : inputs) {
      requireOutside(
          new Path(input).makeQualified(system.getUri(), system.getWorkingDirectory()),
          "the job reads '%s' from it".formatted(input));
    }
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

  private void requireOutside(Path needed, String reason) {
    for (Path above = needed; above != null; above = above.getParent()) {
      if (above.equals(path)) {
        throw new WrongUsageException(
            "The output directory '%s' cannot be overwritten: %s".formatted(name, reason));
      }
    }
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
