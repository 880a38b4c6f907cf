package org.samplegrad.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@code run-local.sh} takes as the heap, on machines and in containers of other sizes. */
class DefaultHeapTest {
  private static final Path SCRIPT = Path.of("../submit-scripts/default-heap.sh");
  private static final String V1 = "/sys/fs/cgroup/memory";
  private static final String V2 = "/sys/fs/cgroup";

  @TempDir Path root;

  private void write(String file, String text) throws IOException {
    Path path = root.resolve(file.substring(1));
    Files.createDirectories(path.getParent());
    Files.writeString(path, text + "\n");
  }

  private String heap() throws IOException {
    Process process = new ProcessBuilder("bash", SCRIPT.toString(), root.toString()).start();
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
  }

  @ParameterizedTest
  @CsvSource({"2, 1024m", "4, 1024m", "16, 4096m", "512, 131072m"})
  void aQuarterOfTheMachineButAtLeastOneGigabyte(long gigabytes, String expected)
      throws IOException {
    write("/proc/meminfo", "MemTotal:       %d kB\nMemFree: 1 kB".formatted(gigabytes << 20));
    assertThat(heap()).isEqualTo(expected);
  }

  /** The limit may stand at the group itself, at one above it, or at a container's top. */
  @ParameterizedTest
  @CsvSource({
    "0::/a/b, " + V2 + "/a/b/memory.max, 8589934592, 2048m",
    "0::/a/b, " + V2 + "/a/memory.max, 8589934592, 2048m",
    "0::/a/b, " + V2 + "/memory.max, 8589934592, 2048m",
    "0::/, " + V2 + "/memory.max, 1073741824, 1024m",
    "0::/a, " + V2 + "/a/memory.max, max, 4096m",
    "4:cpu;memory:/a, " + V1 + "/a/memory.limit_in_bytes, 8589934592, 2048m",
    "4:memory:/, " + V1 + "/memory.limit_in_bytes, 8589934592, 2048m",
    "4:memory:/, " + V1 + "/memory.limit_in_bytes, 9223372036854771712, 4096m",
    "4:cpu:/, " + V1 + "/memory.limit_in_bytes, 8589934592, 4096m"
  })
  void theLimitOfAContainerHolds(String group, String file, String limit, String expected)
      throws IOException {
    write("/proc/meminfo", "MemTotal: %d kB".formatted(16 << 20));
    write("/proc/self/cgroup", group.replace(';', ','));
    write(file, limit);
    assertThat(heap()).isEqualTo(expected);
  }
}
