package org.samplegrad.job.failures;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.samplegrad.core.backend.BackendException;
import org.samplegrad.core.models.UnusableModelException;
import org.samplegrad.datasets.BadDataException;

class FailureTest {
  static Stream<Arguments> ownFailures() {
    return Stream.of(
        Arguments.of(new WrongUsageException("this"), 2),
        Arguments.of(new UnusableModelException("this"), 2),
        Arguments.of(new BadDataException("this"), 3),
        Arguments.of(new BackendException("this"), 4),
        Arguments.of(new JobFailedException("this"), 4));
  }

  @ParameterizedTest
  @MethodSource("ownFailures")
  void ownMessagesAreShownAsTheyAreEvenFromWithinSpark(RuntimeException own, int exitCode) {
    RuntimeException wrapped = new RuntimeException("Job aborted due to stage failure", own);
    for (RuntimeException failure : new RuntimeException[] {own, wrapped}) {
      assertThat(Failure.of(failure).exitCode().value()).isEqualTo(exitCode);
      assertThat(Failure.of(failure).message()).isEqualTo("this");
    }
  }

  @Test
  void otherFailuresNameTheRootCauseInOneLine() {
    Throwable failure =
        new RuntimeException(
            "Job aborted\nat line", new IOException("connection lost\nsecond line"));
    assertThat(Failure.of(failure).exitCode()).isEqualTo(ExitCode.JOB_FAILED);
    assertThat(Failure.of(failure).message())
        .contains("connection lost", "IOException")
        .doesNotContain("\n", "second line");
  }

  @Test
  void lackOfMemorySaysWhatToDo() {
    Failure failure = Failure.of(new RuntimeException(new OutOfMemoryError("Java heap space")));
    assertThat(failure.exitCode()).isEqualTo(ExitCode.JOB_FAILED);
    assertThat(failure.message()).contains("SAMPLEGRAD_DRIVER_MEMORY", "--block-size");
  }

  @Test
  void messagesWithoutTextFallBackToTheClass() {
    assertThat(Failure.of(new IllegalStateException()).message()).contains("IllegalStateException");
  }

  @Test
  void endlessCausesEnd() {
    Exception first = new Exception("first");
    Exception second = new Exception("second", first);
    first.initCause(second);
    assertThat(Failure.of(first).exitCode()).isEqualTo(ExitCode.JOB_FAILED);
  }

  @Test
  void aFullDiskIsCalledThat() {
    Failure failure =
        Failure.of(new RuntimeException("Job aborted", new IOException("No space left on device")));
    assertThat(failure.exitCode()).isEqualTo(ExitCode.JOB_FAILED);
    assertThat(failure.message()).contains("disk is full", "SPARK_LOCAL_DIRS");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ExecutorLostFailure (executor 1 exited caused by one of the running tasks) Reason: Command"
            + " exited with code 52",
        "ExecutorLostFailure (executor 3 exited) Reason: Container killed by YARN for exceeding"
            + " memory limits",
        "ExecutorLostFailure (executor 1 exited) Reason: The executor exited with exit code 137"
      })
  void executorsThatLackMemoryAreCalledThat(String reason) {
    Failure failure = Failure.of(new RuntimeException("Lost task 0.3 in stage 1.0: " + reason));
    assertThat(failure.exitCode()).isEqualTo(ExitCode.JOB_FAILED);
    assertThat(failure.message()).contains("lack of memory", "--executor-memory");
  }

  @Test
  void otherLossesOfExecutorsAreNot() {
    String reason = "ExecutorLostFailure (executor 1 exited) Reason: Command exited with code 1520";
    assertThat(Failure.of(new RuntimeException(reason)).message()).contains("The job failed");
  }
}
