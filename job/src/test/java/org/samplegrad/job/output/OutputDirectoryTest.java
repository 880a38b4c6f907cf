package org.samplegrad.job.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
    prepare(path, false).write(List.of(file("a", "1"), file("b", "2")));
    assertThat(names(path)).containsExactly("_SUCCESS", "a", "b");
    assertThat(path.resolve("b")).hasContent("2");
    assertThat(names(path.getParent())).containsExactly("out");
  }

  @Test
  void preparingLeavesNothingBehind() throws IOException {
    prepare(directory.resolve("new/parents/out"), false);
    assertThat(names(directory)).isEmpty();
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
    OutputDirectory output = prepare(directory.resolve("out"), false);
    assertThatThrownBy(() -> output.write(List.of(file("a", "1"), broken)))
        .isInstanceOf(JobFailedException.class)
        .hasMessageContaining("disk full");
    assertThat(names(directory)).isEmpty();
  }

  @Test
  void aFailureKeepsWhatWasThere() throws IOException {
    Path path = directory.resolve("out");
    prepare(path, false).write(List.of(file("a", "old")));
    File broken =
        new File(
            "a",
            stream -> {
              throw new IOException("disk full");
            });
    OutputDirectory output = prepare(path, true);
    assertThatThrownBy(() -> output.write(List.of(broken))).isInstanceOf(JobFailedException.class);
    assertThat(path.resolve("a")).hasContent("old");
  }

  @Test
  void replacesOnlyWhenAsked() throws IOException {
    Path path = directory.resolve("out");
    prepare(path, false).write(List.of(file("a", "old"), file("c", "old")));
    assertThatThrownBy(() -> prepare(path, false))
        .isInstanceOf(WrongUsageException.class)
        .hasMessageContaining("--overwrite");
    prepare(path, true).write(List.of(file("a", "new")));
    assertThat(names(path)).containsExactly("_SUCCESS", "a");
    assertThat(path.resolve("a")).hasContent("new");
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
      assertThat(OutputDirectory.prepare(path, true, List.of(input), CONFIGURATION)).isNotNull();
    }
  }

  @Test
  void unknownFileSystem() {
    assertThatThrownBy(
            () -> OutputDirectory.prepare("nosuch://host/out", false, List.of(), CONFIGURATION))
        .isInstanceOf(WrongUsageException.class)
        .hasMessageContaining("nosuch");
  }
}
