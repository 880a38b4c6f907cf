package org.samplegrad.job.cli;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.util.ShutdownHookManager;
import org.apache.spark.util.SignalUtils;
import org.samplegrad.job.failures.ExitCode;
import org.samplegrad.job.failures.Failure;

/**
 * Sees to it that the process ends with one message, in bounded time, and with a code of the
 * contract, where the command itself cannot: a thread of Spark's dies for lack of memory and nobody
 * goes on with the job; Spark ends the process with a code of its own; a signal arrives; what ends
 * waits for what cannot.
 */
final class ProcessEnd {
  /** Ends that a signal brings have this code and the signal's number, by the JVM's doing. */
  private static final int SIGNAL_CODES = 128;

  private static final Map<String, Integer> SIGNALS = Map.of("HUP", 1, "INT", 2, "TERM", 15);

  private static final long MOST_SECONDS = 20;

  /** Before all other hooks, and after them. */
  private static final int FIRST = 2000;

  private static final int LAST = 1;

  private final RunStatus status;
  private final long mostSeconds;

  /** Opened when the process is to end, whoever wants it to. */
  private final CountDownLatch ending = new CountDownLatch(1);

  /** Opened when the process is to be ended from here. */
  private final CountDownLatch exiting = new CountDownLatch(1);

  private volatile int exitCode;

  /** Whether the run has come to its end and said what there was to say. */
  private boolean settled;

  private ProcessEnd(RunStatus status, long mostSeconds) {
    this.status = status;
    this.mostSeconds = mostSeconds;
  }

  /**
   * Takes charge of this process. The threads are there from now on: later there may be no memory.
   */
  static ProcessEnd of(RunStatus status) {
    return of(status, MOST_SECONDS);
  }

  /**
   * @param mostSeconds after which nobody is waited for
   */
  static ProcessEnd of(RunStatus status, long mostSeconds) {
    ProcessEnd end = new ProcessEnd(status, mostSeconds);
    end.start("ending", end::exitWhenAsked);
    end.start("halting", end::haltWhenLate);
    Thread.setDefaultUncaughtExceptionHandler((thread, thrown) -> end.threadDied(thrown));
    SIGNALS.forEach(
        (name, number) -> SignalUtils.register(name, () -> end.signalled(name, number)));
    ShutdownHookManager.get().addShutdownHook(end::shutdownBegins, FIRST);
    ShutdownHookManager.get().addShutdownHook(end::shutdownEnds, LAST);
    return end;
  }

  private void start(String name, Runnable work) {
    Thread thread = new Thread(work, "samplegrad-" + name);
    thread.setDaemon(true);
    thread.start();
  }

  /** The run has ended by itself; returns the code to end with. */
  int settled(int code) {
    if (settle(code, null)) {
      return code;
    }
    return exitCode;
  }

  /**
   * The first who knows why the process ends says so; nothing else is shown from then on.
   *
   * @param message null if it has been shown
   * @return false if the end is settled already
   */
  private synchronized boolean settle(int code, String message) {
    if (settled) {
      return false;
    }
    settled = true;
    exitCode = code;
    if (message != null) {
      System.err.println(message);
      System.err.flush();
      status.says(message);
    }
    if (code != ExitCode.DONE.value()) {
      silence();
      ending.countDown();
    }
    return true;
  }

  /** Whether the end is settled, so that what fails now fails because of it. */
  synchronized boolean isSettled() {
    return settled;
  }

  /** What is torn down complains. */
  private static void silence() {
    System.setErr(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8));
  }

  /** An exception ends a thread in good order, if it was interrupted; an error, at any place. */
  private void threadDied(Throwable thrown) {
    if (thrown instanceof Error
        && settle(ExitCode.JOB_FAILED.value(), Failure.of(thrown).message())) {
      exiting.countDown();
    }
  }

  /** Returns false, so that the JVM does what it does at this signal. */
  private boolean signalled(String name, int number) {
    if (settle(
        SIGNAL_CODES + number,
        "Ended by SIG%s before the run was finished; nothing was written".formatted(name))) {
      status.ended(exitCode);
    }
    return false;
  }

  private void shutdownBegins() {
    settle(
        ExitCode.JOB_FAILED.value(),
        "The job failed: Spark ended the program, as it does when it lacks memory or cannot write to"
            + " its local directories (SPARK_LOCAL_DIRS). Give the program more memory"
            + " (SAMPLEGRAD_DRIVER_MEMORY, or spark-submit's --driver-memory)");
    status.ended(exitCode);
  }

  /** Spark's directories are gone; its exit code goes, too. */
  private void shutdownEnds() {
    if (exitCode != ExitCode.DONE.value()) {
      Runtime.getRuntime().halt(exitCode);
    }
  }

  private void exitWhenAsked() {
    try {
      exiting.await();
      status.ended(exitCode);
      System.exit(exitCode);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void haltWhenLate() {
    try {
      ending.await();
      TimeUnit.SECONDS.sleep(mostSeconds);
      Runtime.getRuntime().halt(exitCode);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
