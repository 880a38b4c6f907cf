package org.samplegrad.job.output;

import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.util.ShutdownHookManager;
import org.samplegrad.job.failures.JobFailedException;
import org.samplegrad.job.failures.RootCause;
import org.samplegrad.job.failures.WrongUsageException;

/**
 * A directory that appears whole or not at all: files are written to a sibling with a temporary
 * name, which takes the final name once all of them are there; {@code _SUCCESS} comes last. One run
 * at a time writes to a place, and removes what a killed one has left there.
 */
public final class OutputDirectory implements AutoCloseable {
  private static final String SUCCESS = "_SUCCESS";

  /** What a random UUID looks like. */
  private static final String UNIQUE = "-\\p{XDigit}{8}(-\\p{XDigit}{4}){3}-\\p{XDigit}{12}";

  /** File systems that move a directory with all of its files at once. */
  private static final Set<String> MOVE_AT_ONCE = Set.of(ExclusiveMove.LOCAL, "hdfs", "viewfs");

  /** Before the file systems and Spark end. */
  private static final int SHUTDOWN_PRIORITY = 1000;

  private final Place place;
  private final boolean overwrite;
  private final Runnable atShutdown = this::abandon;
  private Claim claim;
  private volatile boolean abandoned;

  private OutputDirectory(Place place, boolean overwrite) {
    this.place = place;
    this.overwrite = overwrite;
  }

  /**
   * Checks, before any work is done, that the directory may be written, and takes the place until
   * it is closed.
   *
   * @param inputs paths that the job reads, which must not be overwritten or added to
   * @throws WrongUsageException if it exists and may not be replaced, lies in an input, or cannot
   *     be reached
   * @throws PlaceTakenException if another run writes to it
   */
  public static OutputDirectory prepare(
      String name, boolean overwrite, List<String> inputs, Configuration configuration) {
    try {
      OutputDirectory output = new OutputDirectory(Place.of(name, configuration), overwrite);
      if (output.system().exists(output.path())) {
        output.requireReplaceable();
      }
      for (String input : inputs) {
        output.requireApart(input);
      }
      output.claim();
      return output;
    } catch (WrongUsageException e) {
      throw e;
    } catch (IOException | RuntimeException e) { // such as a file system's class that is missing
      throw new WrongUsageException(
          "The output directory '%s' cannot be used: %s".formatted(name, RootCause.messageOf(e)),
          e);
    }
  }

  private FileSystem system() {
    return place.system();
  }

  private Path path() {
    return place.path();
  }

  private void requireReplaceable() throws IOException {
    if (!system().getFileStatus(path()).isDirectory()) {
      throw new WrongUsageException(
          "The output '%s' exists and is a file; choose another directory".formatted(this));
    }
    if (!overwrite) {
      throw new WrongUsageException(
          "The output directory '%s' exists; add --overwrite to replace it, or choose another"
              .formatted(this));
    }
    for (Path needed : List.of(system().getWorkingDirectory(), system().getHomeDirectory())) {
      if (place.holds(needed)) {
        throw cannotBeOverwritten("the working or home directory lies in it");
      }
    }
  }

  /** Neither may the output take the place of what the job reads, nor become a part of it. */
  private void requireApart(String input) throws IOException {
    for (Path found : place.existing(input)) {
      if (place.holds(found)) {
        throw cannotBeOverwritten("the job reads '%s' from it".formatted(input));
      }
      if (place.liesIn(found)) {
        throw new WrongUsageException(
            "The output directory '%s' lies in '%s', which the job reads; choose another"
                .formatted(this, input));
      }
    }
  }

  private WrongUsageException cannotBeOverwritten(String reason) {
    return new WrongUsageException(
        "The output directory '%s' cannot be overwritten: %s".formatted(this, reason));
  }

  private void claim() throws IOException {
    if (!system().mkdirs(path().getParent())) {
      throw new IOException("no directory can be made at '%s'".formatted(path().getParent()));
    }
    claim = Claim.of(place);
    try {
      if (system().exists(path())) { // another run may have ended since
        requireReplaceable();
      }
      removeLeftovers();
      // Should this run be killed, an earlier one's would be taken for its own.
      system().delete(StatusFile.beside(place), false);
      ShutdownHookManager.get().addShutdownHook(atShutdown, SHUTDOWN_PRIORITY);
    } catch (IOException | RuntimeException e) {
      claim.close();
      throw e;
    }
  }

  /** What runs to this place have left that were killed while they wrote. */
  private void removeLeftovers() throws IOException {
    Pattern temporaries = Pattern.compile(Pattern.quote("." + path().getName()) + UNIQUE);
    for (FileStatus beside : system().listStatus(path().getParent())) {
      if (beside.isDirectory() && temporaries.matcher(beside.getPath().getName()).matches()) {
        system().delete(beside.getPath(), true);
      }
    }
  }

  private Path temporary() {
    return place.beside(".%s-%s".formatted(path().getName(), UUID.randomUUID()));
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
    Path temporary = temporary();
    try {
      try {
        for (File file : files) {
          write(temporary, file);
        }
        publish(temporary);
      } finally {
        system().delete(temporary, true);
      }
    } catch (IOException e) {
      throw new JobFailedException(
          "The output directory '%s' cannot be written: %s".formatted(this, RootCause.messageOf(e)),
          e);
    }
  }

  private synchronized void write(Path directory, File file) throws IOException {
    requireNotAbandoned();
    try (OutputStream stream = system().create(new Path(directory, file.name()), false)) {
      file.content().writeTo(stream);
    }
  }

  private synchronized void publish(Path temporary) throws IOException {
    requireNotAbandoned();
    if (!claim.isHeld()) {
      throw new IOException("another run has taken the place");
    }
    boolean atOnce = MOVE_AT_ONCE.contains(system().getUri().getScheme());
    if (atOnce) {
      system().create(new Path(temporary, SUCCESS), true).close();
    }
    Path before = null;
    if (overwrite && system().exists(path())) {
      before = temporary();
      ExclusiveMove.move(system(), path(), before);
    }
    try {
      ExclusiveMove.move(system(), temporary, path());
    } catch (IOException e) {
      if (before != null) {
        ExclusiveMove.move(system(), before, path());
      }
      throw e instanceof FileAlreadyExistsException
          ? new IOException("it was created by another program meanwhile")
          : e;
    }
    if (!atOnce) {
      system().create(new Path(path(), SUCCESS), true).close();
    }
    if (before != null) {
      system().delete(before, true);
    }
  }

  private void requireNotAbandoned() throws IOException {
    if (abandoned) {
      throw new IOException("the program is ending");
    }
  }

  /** Gives the place up, with nothing left behind: the program ends in the middle of its work. */
  void abandon() {
    abandoned = true;
    synchronized (this) {
      try {
        if (claim.isHeld()) {
          removeLeftovers();
        }
        claim.close();
      } catch (IOException e) { // the next run removes it
        return;
      }
    }
  }

  /** Lets other runs write to the place. */
  @Override
  public void close() {
    try {
      ShutdownHookManager.get().removeShutdownHook(atShutdown);
      claim.close();
      place.close();
    } catch (IllegalStateException | IOException e) { // the shutdown has begun and does it; or lost
      return;
    }
  }

  @Override
  public String toString() {
    return place.name();
  }
}
