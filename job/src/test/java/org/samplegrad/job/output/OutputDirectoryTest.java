package org.samplegrad.job.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.samplegrad.job.failures.JobFailedException;
import org.samplegrad.job.failures.WrongUsageException;
import org.samplegrad.job.output.OutputDirectory.File;

class OutputDirectoryTest {
  private static final Configuration CONFIGURATION = new Configuration();

  @TempDir Path directory;

  private OutputDirectory prepare(Path path, boolean overwrite, Path... inputs) {
    return OutputDirectory.prepare(
        path.toString(), overwrite, Stream.of(inputs).map(Path::toString).toList(), CONFIGURATION);
  }

  private void write(Path path, boolean overwrite, File... files) {
    try (OutputDirectory output = prepare(path, overwrite)) {
      output.write(List.of(files));
    }
  }

  private static File file(String name, String content) {
    return new File(name, stream -> stream.write(content.getBytes(StandardCharsets.UTF_8)));
  }

  private List<String> names(Path path) throws IOException {
    try (Stream<Path> files = Files.list(path)) {
      return files.map(f -> f.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void holdsTheFilesAndTheMarkAndNothingElse() throws IOException {
    Path path = directory.resolve("new/parents/out");
    write(path, false, file("a", "1"), file("b", "2"));
    assertThat(names(path)).containsExactly("_SUCCESS", "a", "b");
    assertThat(path.resolve("b")).hasContent("2");
    assertThat(names(path.getParent())).containsExactly("out");
  }

  @Test
  void aPlaceThatWasOnlyPreparedIsLeftAsItWas() throws IOException {
    Path parents = directory.resolve("new/parents");
    try (OutputDirectory output = prepare(parents.resolve("out"), false)) {
      assertThat(names(parents)).containsExactly(".out.run");
      assertThat(output).hasToString(parents.resolve("out").toString());
    }
    assertThat(names(parents)).isEmpty();
  }

  @Test
  void howAnEarlierRunEndedIsForgotten() throws IOException {
    Files.createFile(directory.resolve("out.status.json"));
    Files.createFile(directory.resolve("other.status.json"));
    try (OutputDirectory output = prepare(directory.resolve("out"), false)) {
      assertThat(names(directory)).containsExactly(".out.run", "other.status.json");
      assertThat(output).isNotNull();
    }
  }

  @Test
  void aFailureLeavesNothingBehind() throws IOException {
    File broken =
        new File(
            "b",
            stream -> {
              stream.write(1);
              throw new IOException("disk full");
            });
    assertThatThrownBy(() -> write(directory.resolve("out"), false, file("a", "1"), broken))
        .isInstanceOf(JobFailedException.class)
        .hasMessageContaining("disk full");
    assertThat(names(directory)).isEmpty();
  }

  @Test
  void aFailureKeepsWhatWasThere() throws IOException {
    Path path = directory.resolve("out");
    write(path, false, file("a", "old"));
    File broken =
        new File(
            "a",
            stream -> {
              throw new IOException("disk full");
            });
    assertThatThrownBy(() -> write(path, true, broken)).isInstanceOf(JobFailedException.class);
    assertThat(path.resolve("a")).hasContent("old");
    assertThat(names(directory)).containsExactly("out");
  }

  @Test
  void replacesOnlyWhenAsked() throws IOException {
    Path path = directory.resolve("out");
    write(path, false, file("a", "old"), file("c", "old"));
    assertThatThrownBy(() -> prepare(path, false))
        .isInstanceOf(WrongUsageException.class)
        .hasMessageContaining("--overwrite");
    write(path, true, file("a", "new"));
    assertThat(names(path)).containsExactly("_SUCCESS", "a");
    assertThat(path.resolve("a")).hasContent("new");
    assertThat(names(directory)).containsExactly("out");
  }

  @Test
  void neverReplacesWhatTheJobReadsOrRunsIn() throws IOException {
    Path data = Files.createFile(directory.resolve("data.parquet"));
    assertThatThrownBy(() -> prepare(directory, true, data))
        .isInstanceOf(WrongUsageException.class)
        .hasMessageContaining("data.parquet");
    assertThatThrownBy(() -> prepare(data, true))
        .isInstanceOf(WrongUsageException.class)
        .hasMessageContaining("is a file");
    assertThatThrownBy(() -> prepare(Path.of("").toAbsolutePath(), true))
        .isInstanceOf(WrongUsageException.class)
        .hasMessageContaining("working");
    assertThatThrownBy(() -> prepare(Path.of("/"), true)).isInstanceOf(WrongUsageException.class);
  }

  @Test
  void neverLiesInWhatTheJobReads() throws IOException {
    Path data = Files.createDirectories(directory.resolve("table.parquet"));
    assertThatThrownBy(() -> prepare(data.resolve("new/out"), false, data))
        .isInstanceOf(WrongUsageException.class)
        .hasMessageContainingAll("new/out", "lies in", "table.parquet");
    assertThat(names(data)).isEmpty();
  }

  @Test
  void findsWhatTheJobReadsThroughPatternsAndLinks() throws IOException {
    Path data = Files.createDirectories(directory.resolve("data"));
    Files.createFile(data.resolve("a.parquet"));
    Path link = Files.createSymbolicLink(directory.resolve("link"), data);
    for (Path input :
        List.of(directory.resolve("d[a]ta"), data.resolve("*.parquet"), link, link.resolve("*"))) {
      assertThatThrownBy(() -> prepare(data, true, input))
          .isInstanceOf(WrongUsageException.class)
          .hasMessageContainingAll("the job reads", input.toString());
      assertThatThrownBy(() -> prepare(link, true, input)).isInstanceOf(WrongUsageException.class);
    }
  }

  @Test
  void inputsThatAreNoPathsAreNotItsConcern() {
    for (String input : List.of("database.table", "foo:bar", "bad[pattern", "s3a://bucket/x", "")) {
      String path = directory.resolve("out").toString();
      try (OutputDirectory output =
          OutputDirectory.prepare(path, true, List.of(input), CONFIGURATION)) {
        assertThat(output).hasToString(path);
      }
    }
  }

  @Test
  void unknownFileSystem() {
    assertThatThrownBy(
            () -> OutputDirectory.prepare("nosuch://host/out", false, List.of(), CONFIGURATION))
        .isInstanceOf(WrongUsageException.class)
        .hasMessageContaining("nosuch");
  }

  @Test
  void aSecondRunIsRefusedUntilTheFirstHasEnded() throws IOException {
    Path path = directory.resolve("out");
    for (boolean overwrite : new boolean[] {false, true}) {
      try (OutputDirectory first = prepare(path, true)) {
        assertThatThrownBy(() -> prepare(path, overwrite))
            .isInstanceOf(PlaceTakenException.class)
            .hasMessageContainingAll(
                "Another run", "process " + ProcessHandle.current().pid(), path.toString());
        first.write(List.of(file("a", "first")));
      }
      assertThat(path.resolve("a")).hasContent("first");
      assertThat(names(directory)).containsExactly("out");
    }
    write(path, true, file("b", "second"));
    assertThat(names(path)).containsExactly("_SUCCESS", "b");
  }

  @Test
  void whatAnotherProgramMakesMeanwhileIsLeftAsItIs() throws IOException {
    Path path = directory.resolve("out");
    try (OutputDirectory output = prepare(path, false)) {
      Files.createDirectory(path);
      Files.writeString(path.resolve("theirs"), "1");
      assertThatThrownBy(() -> output.write(List.of(file("ours", "2"))))
          .isInstanceOf(JobFailedException.class)
          .hasMessageContaining("created by another program");
    }
    assertThat(names(path)).containsExactly("theirs");
    assertThat(names(directory)).containsExactly("out");
  }

  @Test
  void whatAKilledRunLeftIsRemoved() throws IOException {
    Path path = directory.resolve("out");
    Path left = directory.resolve(".out-" + UUID.randomUUID());
    Path ofOther = directory.resolve(".other-" + UUID.randomUUID());
    for (Path temporary : List.of(left, ofOther, directory.resolve(".out-mine"))) {
      Files.createDirectories(temporary.resolve("inside"));
    }
    write(path, false, file("a", "1"));
    assertThat(names(directory))
        .containsExactlyInAnyOrder(ofOther.getFileName().toString(), ".out-mine", "out");
  }

  @Test
  void aProgramThatEndsInTheMiddleOfWritingLeavesNothing() throws IOException {
    Path path = directory.resolve("out");
    try (OutputDirectory output = prepare(path, false)) {
      File last =
          new File(
              "b",
              stream -> {
                output.abandon();
                stream.write(1);
              });
      assertThatThrownBy(() -> output.write(List.of(file("a", "1"), last, file("c", "1"))))
          .isInstanceOf(JobFailedException.class);
    }
    assertThat(names(directory)).isEmpty();
  }

  @Test
  void aRunThatLostItsPlaceWritesNothing() throws IOException {
    Path path = directory.resolve("out");
    try (OutputDirectory output = prepare(path, false)) {
      Files.writeString(directory.resolve(".out.run"), "{\"id\": \"another\"}");
      assertThatThrownBy(() -> output.write(List.of(file("a", "1"))))
          .isInstanceOf(JobFailedException.class)
          .hasMessageContaining("another run has taken the place");
    }
    assertThat(names(directory)).containsExactly(".out.run");
  }
}
