package org.samplegrad.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ends of real processes. */
class ProcessEndTest {
  private static final int JOB_FAILED = 4;
  private static final int BAD_DATA = 3;

  @TempDir Path directory;

  /** What happens in such a process; it would never end by itself. */
  enum Event {
    THREAD_LACKS_MEMORY {
      @Override
      void happen(ProcessEnd end) {
        start(
            () -> {
              throw new OutOfMemoryError("Java heap space");
            });
      }
    },
    THREAD_IS_INTERRUPTED {
      @Override
      void happen(ProcessEnd end) throws InterruptedException {
        Thread thread =
            start(
                () -> {
                  throw new IllegalStateException("interrupted");
                });
        thread.join();
        System.exit(end.settled(0));
      }
    },
    SPARK_ENDS_THE_PROCESS {
      @Override
      void happen(ProcessEnd end) throws IOException {
        FileSystem.getLocal(new Configuration()); // as any session has, with its own end
        System.exit(52);
      }
    },
    SIGNAL {
      @Override
      void happen(ProcessEnd end) throws IOException {
        Files.createFile(Path.of("waiting"));
      }
    },
    END_NEVER_COMES {
      @Override
      void happen(ProcessEnd end) {
        Runtime.getRuntime().addShutdownHook(new Thread(Event::waitForever));
        System.exit(end.settled(BAD_DATA));
      }
    };

    abstract void happen(ProcessEnd end) throws IOException, InterruptedException;

    private static Thread start(Runnable work) {
      Thread thread = new Thread(work);
      thread.start();
      return thread;
    }

    static void waitForever() {
      try {
        new CountDownLatch(1).await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** The process: an event, and the output directory. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    Logging.configure();
    Event event = Event.valueOf(arguments[0]);
    RunStatus status = new RunStatus(List.of("--output", arguments[1]));
    event.happen(ProcessEnd.of(status, event == Event.END_NEVER_COMES ? 1 : 60));
    Event.waitForever();
  }

  private Process start(Event event) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // What Spark needs opened.
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> argument.startsWith("--add-opens"))
        .forEach(command::add);
    command.addAll(
        List.of(
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            ProcessEndTest.class.getName(),
            event.name(),
            directory.resolve("out").toString()));
    return new ProcessBuilder(command)
        .directory(directory.toFile())
        .redirectError(directory.resolve("errors").toFile())
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private List<String> errorsAfter(Process process, int exitCode)
      throws IOException, InterruptedException {
    assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
    List<String> errors = Files.readAllLines(directory.resolve("errors"));
    assertThat(process.exitValue()).as("%s", errors).isEqualTo(exitCode);
    return errors;
  }

  private void assertEnds(Event event, int exitCode, String message)
      throws IOException, InterruptedException {
    assertSaid(errorsAfter(start(event), exitCode), exitCode, message);
  }

  private void assertSaid(List<String> errors, int exitCode, String message) throws IOException {
    assertThat(errors).singleElement().asString().contains(message);
    JsonNode status = new ObjectMapper().readTree(directory.resolve("out.status.json").toFile());
    assertThat(status.path("exit_code").intValue()).isEqualTo(exitCode);
    assertThat(status.path("message").asText()).isEqualTo(errors.get(0));
  }

  @Test
  void aThreadThatLacksMemoryEndsTheProcess() throws IOException, InterruptedException {
    assertEnds(Event.THREAD_LACKS_MEMORY, JOB_FAILED, "Out of memory (Java heap space)");
  }

  @Test
  void aThreadThatEndsByAnExceptionDoesNot() throws IOException, InterruptedException {
    assertThat(errorsAfter(start(Event.THREAD_IS_INTERRUPTED), 0)).isEmpty();
  }

  @Test
  void codesOfSparkAreNotPassedOn() throws IOException, InterruptedException {
    assertEnds(Event.SPARK_ENDS_THE_PROCESS, JOB_FAILED, "Spark ended the program");
  }

  @Test
  void aSignalEndsItWithItsNumber() throws IOException, InterruptedException {
    Process process = start(Event.SIGNAL);
    while (process.isAlive() && !Files.exists(directory.resolve("waiting"))) {
      TimeUnit.MILLISECONDS.sleep(50);
    }
    process.destroy();
    assertSaid(errorsAfter(process, 128 + 15), 128 + 15, "Ended by SIGTERM");
  }

  @Test
  void nobodyIsWaitedForEndlessly() throws IOException, InterruptedException {
    assertThat(errorsAfter(start(Event.END_NEVER_COMES), BAD_DATA)).isEmpty();
  }
}
