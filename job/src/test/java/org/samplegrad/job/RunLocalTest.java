package org.samplegrad.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the script refuses before there is a program that could. */
@DisabledOnOs(OS.WINDOWS)
class RunLocalTest {
  private static final int UNUSABLE = 2;

  @TempDir Path directory;

  private List<String> refused(Map<String, String> environment)
      throws IOException, InterruptedException {
    Path errors = directory.resolve("errors");
    ProcessBuilder script =
        new ProcessBuilder("../submit-scripts/run-local.sh", "--version")
            .redirectError(errors.toFile())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD);
    script.environment().putAll(environment);
    Process run = script.start();
    assertThat(run.waitFor(1, TimeUnit.MINUTES)).isTrue();
    List<String> lines = Files.readAllLines(errors);
    assertThat(run.exitValue()).as("%s", lines).isEqualTo(UNUSABLE);
    assertThat(lines).hasSize(1);
    return lines;
  }

  /** A Java that does nothing but say its version. */
  private Path java(String version) throws IOException {
    Path program = directory.resolve("bin/java");
    Files.createDirectories(program.getParent());
    Files.writeString(program, "#!/bin/sh\necho 'openjdk version \"%s\"' >&2\n".formatted(version));
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    return directory;
  }

  @ParameterizedTest
  @CsvSource({"1.8.0_392, 8", "11.0.2, 11", "16, 16"})
  void anOldJava(String version, String release) throws IOException, InterruptedException {
    assertThat(refused(Map.of("JAVA_HOME", java(version).toString())).get(0))
        .contains("needs Java 17", "is Java " + release + ":", "JAVA_HOME");
  }

  @Test
  void anOldJavaWithAFileThatSaysSo() throws IOException, InterruptedException {
    Files.writeString(java("17").resolve("release"), "JAVA_VERSION=\"11.0.20\"\n");
    assertThat(refused(Map.of("JAVA_HOME", directory.toString())).get(0)).contains("is Java 11:");
  }

  @ParameterizedTest
  @ValueSource(strings = {"much", "8", "10m", "1.5g", "5t", "99999999999t", "-1g"})
  void aHeapThatIsNone(String memory) throws IOException, InterruptedException {
    assertThat(refused(Map.of("SAMPLEGRAD_DRIVER_MEMORY", memory)).get(0))
        .contains("SAMPLEGRAD_DRIVER_MEMORY is '%s'".formatted(memory));
  }
}
