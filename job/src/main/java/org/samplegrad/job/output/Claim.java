package org.samplegrad.job.output;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * The right of one run to write to a place, held as a file beside it until the run ends. A run that
 * was killed leaves the file behind: on its own machine it is known to be dead by its process, on
 * another by the file, which a live run touches every few seconds.
 */
final class Claim implements AutoCloseable {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** Between two touches of the file. */
  private static final Duration BEAT = Duration.ofSeconds(5);

  /** A file that is not touched for so long belongs to no live run. */
  private static final Duration SILENCE = Duration.ofSeconds(45);

  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(200);

  /** More than this is no such file. */
  private static final int LONGEST_CONTENT = 4096;

  private final FileSystem system;
  private final Path file;
  private final Owner owner;
  private final ScheduledExecutorService heart;

  /**
   * A run, as its file names it.
   *
   * @param machine where the process id means something
   * @param started when the process did, since ids are given again
   */
  private record Owner(String id, String machine, long process, long started) {

    static Owner me() {
      ProcessHandle process = ProcessHandle.current();
      return new Owner(
          UUID.randomUUID().toString(), thisMachine(), process.pid(), startOf(process));
    }

    private static long startOf(ProcessHandle process) {
      return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
    }

    private static String thisMachine() {
      String name;
      try {
        name = InetAddress.getLocalHost().getHostName();
      } catch (IOException e) {
        name = "unknown";
      }
      try { // containers may have the name of their machine, and processes of their own
        java.nio.file.Path processes = java.nio.file.Path.of("/proc/self/ns/pid");
        return name + "/" + Files.readSymbolicLink(processes);
      } catch (IOException | InvalidPathException | UnsupportedOperationException e) {
        return name;
      }
    }

    boolean isOfThisMachine() {
      return machine.equals(thisMachine());
    }

    boolean isRunning() {
      Optional<ProcessHandle> found = ProcessHandle.of(process);
      return found.isPresent() && found.get().isAlive() && startOf(found.get()) == started;
    }

    byte[] content() throws IOException {
      return MAPPER.writeValueAsBytes(
          MAPPER
              .createObjectNode()
              .put("id", id)
              .put("machine", machine)
              .put("process", process)
              .put("started", started));
    }

    /** Null if it is nothing that a run wrote, or not all of it. */
    static Owner of(byte[] content) {
      try {
        JsonNode node = MAPPER.readTree(content);
        return node == null || !node.path("id").isTextual()
            ? null
            : new Owner(
                node.path("id").textValue(),
                node.path("machine").asText(),
                node.path("process").asLong(),
                node.path("started").asLong());
      } catch (IOException e) {
        return null;
      }
    }

    @Override
    public String toString() {
      return "process %d on %s".formatted(process, machine.split("/")[0]);
    }
  }

  private Claim(FileSystem system, Path file, Owner owner) {
    this.system = system;
    this.file = file;
    this.owner = owner;
    this.heart =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "claim-heartbeat");
              thread.setDaemon(true);
              return thread;
            });
    heart.scheduleWithFixedDelay(
        this::beat, BEAT.toMillis(), BEAT.toMillis(), TimeUnit.MILLISECONDS);
  }

  /**
   * Takes a place; what a killed run left of its claim is removed.
   *
   * @throws PlaceTakenException if a live run has it
   */
  static Claim of(Place place) throws IOException {
    return of(place, SILENCE);
  }

  /**
   * @param silence how long a file of another machine is watched for a sign of life
   */
  static Claim of(Place place, Duration silence) throws IOException {
    FileSystem system = place.system();
    Path file = place.beside(".%s.run".formatted(place.path().getName()));
    Owner me = Owner.me();
    while (!create(system, file, me)) {
      Owner other = read(system, file);
      if (isAlive(system, file, other, silence)) {
        throw new PlaceTakenException(
            "Another run (%s) is writing to '%s'; wait for its end, or choose another directory"
                .formatted(other == null ? "unknown" : other, place.name()));
      }
      remove(system, file, other);
    }
    return new Claim(system, file, me);
  }

  /** Returns false if there is a file already. */
  private static boolean create(FileSystem system, Path file, Owner owner) throws IOException {
    byte[] content = owner.content();
    try {
      if (ExclusiveMove.isLocal(system)) {
        Files.write(ExclusiveMove.local(file), content, StandardOpenOption.CREATE_NEW);
      } else {
        try (OutputStream stream = system.create(file, false)) {
          stream.write(content);
        }
      }
    } catch (FileAlreadyExistsException
        | org.apache.hadoop.fs.FileAlreadyExistsException
        | org.apache.hadoop.ipc.RemoteException e) {
      if (system.exists(file)) {
        return false;
      }
      throw e;
    }
    return true;
  }

  /** Null if there is no file, or nothing that could be read. */
  private static Owner read(FileSystem system, Path file) {
    try (InputStream stream = system.open(file)) {
      return Owner.of(stream.readNBytes(LONGEST_CONTENT));
    } catch (IOException e) {
      return null;
    }
  }

  private static boolean isAlive(FileSystem system, Path file, Owner other, Duration silence)
      throws IOException {
    if (other != null && other.isOfThisMachine()) {
      return other.isRunning();
    }
    // Clocks of machines differ: what counts is whether the file changes while it is watched.
    long deadline = System.nanoTime() + silence.toNanos();
    long touched = touched(system, file);
    while (System.nanoTime() < deadline) {
      long now = touched(system, file);
      if (now != touched) {
        return now >= 0;
      }
      if (other == null && read(system, file) != null) { // it was being written
        return isAlive(system, file, read(system, file), silence);
      }
      try {
        Thread.sleep(BETWEEN_LOOKS.toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return true;
      }
    }
    return false;
  }

  /** When a file was last touched; -1 if there is none. */
  private static long touched(FileSystem system, Path file) throws IOException {
    return system.exists(file) ? system.getFileStatus(file).getModificationTime() : -1;
  }

  /** Puts a dead run's file away, unless a live one has taken its name meanwhile. */
  private static void remove(FileSystem system, Path file, Owner dead) throws IOException {
    Owner found = read(system, file);
    if (dead == null || dead.equals(found)) {
      system.delete(file, false);
    }
  }

  private void beat() {
    try {
      if (isHeld()) {
        system.setTimes(file, System.currentTimeMillis(), -1);
      }
    } catch (IOException | RuntimeException e) { // the next beat tries again
      return;
    }
  }

  /** Whether no other run has taken the place, as it may if this one seemed dead. */
  boolean isHeld() {
    return owner.equals(read(system, file));
  }

  @Override
  public void close() throws IOException {
    heart.shutdownNow();
    if (isHeld()) {
      system.delete(file, false);
    }
  }
}
