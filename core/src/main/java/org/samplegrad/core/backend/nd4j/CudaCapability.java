package org.samplegrad.core.backend.nd4j;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The GPUs that the nd4j-cuda 1.0.0-M2.1 build holds machine code for. It carries no PTX that a
 * driver could translate for others, so on another GPU every kernel would fail at its launch.
 */
final class CudaCapability {
  private static final int OLDEST = 37;
  private static final int NEWEST = 86;

  /** A line of {@link #LIST}: a name and a compute capability. */
  private static final Pattern LINE = Pattern.compile("(.+), *(\\d{1,3})\\.(\\d)");

  /** The driver's own tool, which needs none of the CUDA libraries that ND4J loads. */
  private static final String[] LIST = {
    "nvidia-smi", "--query-gpu=name,compute_cap", "--format=csv,noheader"
  };

  private static final int PATIENCE_SECONDS = 20;

  private CudaCapability() {}

  /** What to tell the user of this GPU, or null if it can be used. */
  static String problem(String device, int major, int minor) {
    int capability = 10 * major + minor;
    if (OLDEST <= capability && capability <= NEWEST) {
      return null;
    }
    return ("The GPU '%s' has compute capability %d.%d; this build of nd4j-cuda (1.0.0-M2.1) carries"
            + " machine code for 3.7 to 8.6 only. Choose --backend cpu, build without the profile 'cuda',"
            + " or use a GPU of a supported generation")
        .formatted(device, major, minor);
  }

  /**
   * What to tell the user if the driver lists GPUs and none of them can be used, or null. Asked
   * before ND4J starts, which on such a machine may not get so far as to name its GPU.
   */
  static String problemOfThisMachine() {
    return problemOf(listed());
  }

  /**
   * @param devices as {@link #LIST} prints them; other lines, as messages of the tool, are passed
   *     over
   */
  static String problemOf(List<String> devices) {
    List<Optional<String>> problems =
        devices.stream()
            .map(LINE::matcher)
            .filter(Matcher::matches)
            .map(
                line ->
                    Optional.ofNullable(
                        problem(
                            line.group(1),
                            Integer.parseInt(line.group(2)),
                            Integer.parseInt(line.group(3)))))
            .toList();
    boolean oneIsUsable = problems.stream().anyMatch(Optional::isEmpty);
    return problems.isEmpty() || oneIsUsable ? null : problems.get(0).get();
  }

  /** Empty where there is no driver, or one that does not tell. */
  private static List<String> listed() {
    try {
      Process process = new ProcessBuilder(LIST).redirectErrorStream(true).start();
      process.getOutputStream().close();
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        return List.of();
      }
      return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .toList();
    } catch (IOException e) {
      return List.of();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return List.of();
    }
  }
}
