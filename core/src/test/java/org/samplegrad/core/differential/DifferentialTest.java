package org.samplegrad.core.differential;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.samplegrad.core.differential.Outcome.Verdict;

/**
 * Both passes on random models of PyTorch: those of the sample that is kept with the sources, or of
 * a directory that the system property {@code samplegrad.differential} names. A model may be
 * refused; no number may be wrong.
 */
class DifferentialTest {
  private static final String DIRECTORY = System.getProperty("samplegrad.differential", "");
  static final String SAMPLE = "/differential/sample.zip";
  private static final int LEAST_RIGHT_OF_SAMPLE = 40;

  @Test
  void noNumberIsWrong() throws IOException, URISyntaxException {
    List<Outcome> outcomes = DIRECTORY.isEmpty() ? ofSample() : ofDirectory(Path.of(DIRECTORY));
    String table = table(outcomes);
    assertThat(outcomes.stream().filter(outcome -> outcome.verdict() == Verdict.WRONG))
        .as(table)
        .isEmpty();
    assertThat(count(outcomes, Verdict.RIGHT))
        .as(table)
        .isGreaterThanOrEqualTo(DIRECTORY.isEmpty() ? LEAST_RIGHT_OF_SAMPLE : 1);
  }

  private static List<Outcome> ofSample() throws IOException, URISyntaxException {
    Path sample = Path.of(DifferentialTest.class.getResource(SAMPLE).toURI());
    try (FileSystem files = FileSystems.newFileSystem(sample)) {
      return RandomModel.in(files.getPath("/")).stream().map(Trial::of).toList();
    }
  }

  /** Says what becomes of each model. */
  private static List<Outcome> ofDirectory(Path directory) throws IOException {
    List<Outcome> outcomes = new ArrayList<>();
    for (RandomModel model : RandomModel.in(directory)) {
      outcomes.add(Trial.of(model));
      System.out.println(outcomes.get(outcomes.size() - 1));
    }
    System.out.println(table(outcomes));
    return outcomes;
  }

  private static long count(List<Outcome> outcomes, Verdict verdict) {
    return outcomes.stream().filter(outcome -> outcome.verdict() == verdict).count();
  }

  /** How many of each verdict, in all and for each way to export. */
  private static String table(List<Outcome> outcomes) {
    Map<String, List<Outcome>> byExporter =
        outcomes.stream()
            .collect(
                Collectors.groupingBy(
                    outcome -> outcome.model().text("exporter"),
                    TreeMap::new,
                    Collectors.toList()));
    StringBuilder table = new StringBuilder();
    byExporter.forEach((exporter, own) -> table.append(line(exporter, own)));
    return table.append(line("all", outcomes)).toString();
  }

  private static String line(String label, List<Outcome> outcomes) {
    StringBuilder line = new StringBuilder("%n%-24s".formatted(label));
    for (Verdict verdict : Verdict.values()) {
      String name = verdict.name().toLowerCase(Locale.ROOT);
      line.append("%6d %s".formatted(count(outcomes, verdict), name));
    }
    return line.toString();
  }
}
