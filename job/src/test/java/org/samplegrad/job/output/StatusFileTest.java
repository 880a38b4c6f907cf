package org.samplegrad.job.output;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StatusFileTest {
  @TempDir Path directory;

  private JsonNode written(StatusFile status, String output) throws IOException {
    status.writeBeside(output, List.of(), new Configuration());
    return new ObjectMapper().readTree(directory.resolve("new/out.status.json").toFile());
  }

  @Test
  void saysHowTheLastRunEnded() throws IOException {
    Path output = directory.resolve("new/out");
    JsonNode failed = written(new StatusFile(3, "Row 1", null), output.toString());
    assertThat(failed.path("state").asText()).isEqualTo("failed");
    assertThat(failed.path("exit_code").intValue()).isEqualTo(3);
    assertThat(failed.path("message").asText()).isEqualTo("Row 1");
    assertThat(failed.path("application_id").isNull()).isTrue();
    JsonNode succeeded = written(new StatusFile(0, "done", "local-1"), output + "/");
    assertThat(succeeded.path("state").asText()).isEqualTo("succeeded");
    assertThat(succeeded.path("exit_code").intValue()).isZero();
    assertThat(succeeded.path("application_id").asText()).isEqualTo("local-1");
    try (Stream<Path> files = Files.list(directory.resolve("new"))) {
      assertThat(files).hasSize(1);
    }
  }

  @Test
  void neverLiesInWhatTheJobReads() throws IOException {
    Path data = Files.createDirectory(directory.resolve("data"));
    new StatusFile(2, "no", null)
        .writeBeside(data.resolve("out").toString(), List.of(data.toString()), new Configuration());
    try (Stream<Path> files = Files.list(data)) {
      assertThat(files).isEmpty();
    }
  }
}
