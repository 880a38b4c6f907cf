package org.samplegrad.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.samplegrad.job.cli.Logging;
import org.samplegrad.job.cli.SampleGradCommand;

/**
 * Runs the program's command lines one after the other in one process, so that a first run can warm
 * up what later ones measure.
 *
 * <p>Each line of standard input is a JSON array: a command of {@link Work} and its arguments. Each
 * answer on standard output is one line of JSON. Whatever the program prints goes to standard
 * error.
 */
public final class JobBenchmark {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private JobBenchmark() {}

  /** What a line may ask for. */
  private enum Work {
    /** The output directory, replaced if it exists, and a command line of the program. */
    RUN {
      @Override
      void perform(String[] arguments, ObjectNode answer) throws IOException {
        Path directory = Path.of(arguments[0]);
        String[] output = {"--output", directory.toString(), "--overwrite"};
        String[] command =
            Stream.concat(Arrays.stream(arguments).skip(1), Arrays.stream(output))
                .toArray(String[]::new);
        int exitCode = SampleGradCommand.run(command);
        answer.put("exit_code", exitCode);
        if (exitCode == 0) {
          answer.set("summary", MAPPER.readTree(directory.resolve("summary.json").toFile()));
        }
      }
    },

    /** Reading a data set into blocks, and nothing else: {@link DecodingJob}'s arguments. */
    DECODE {
      @Override
      void perform(String[] arguments, ObjectNode answer) {
        DecodingJob.run(arguments, answer);
      }
    };

    abstract void perform(String[] arguments, ObjectNode answer) throws IOException;
  }

  public static void main(String[] ignored) throws IOException {
    Logging.configure();
    PrintStream answers = System.out;
    System.setOut(System.err);
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      answers.println(answer(MAPPER.readTree(line)));
      answers.flush();
    }
  }

  private static ObjectNode answer(JsonNode line) throws IOException {
    String[] words = MAPPER.convertValue(line, String[].class);
    ObjectNode answer = MAPPER.createObjectNode();
    long collected = collectionMillis();
    long start = System.nanoTime();
    Work.valueOf(words[0]).perform(Arrays.copyOfRange(words, 1, words.length), answer);
    answer.put("wall_seconds", (System.nanoTime() - start) * 1e-9);
    answer.put("collection_seconds", (collectionMillis() - collected) * 1e-3);
    return answer;
  }

  /** The time the garbage collectors have taken so far. */
  private static long collectionMillis() {
    return ManagementFactory.getGarbageCollectorMXBeans().stream()
        .mapToLong(GarbageCollectorMXBean::getCollectionTime)
        .sum();
  }
}
