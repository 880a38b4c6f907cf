package org.samplegrad.core.differential;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.samplegrad.core.differential.Outcome.Verdict;

/**
 * Both passes on random models of PyTorch: those of the sample that is kept with the sources, or of
 * a directory that the system property {@code samplegrad.differential} names. A model may be
 * refused; no number may be wrong.
 */
class DifferentialTest {
  private static final String DIRECTORY = System.getProperty("samplegrad.differential", "");
  private static final int LEAST_RIGHT_OF_SAMPLE = 40;

  @Test
  void noNumberIsWrong() throws IOException {
    List<Outcome> outcomes = DIRECTORY.isEmpty() ? ofSample() : ofDirectory(Path.of(DIRECTORY));
    String table = Outcome.table(outcomes);
    assertThat(outcomes.stream().filter(outcome -> outcome.verdict() == Verdict.WRONG))
        .as(table)
        .isEmpty();
    assertThat(Outcome.count(outcomes, Verdict.RIGHT))
        .as(table)
        .isGreaterThanOrEqualTo(DIRECTORY.isEmpty() ? LEAST_RIGHT_OF_SAMPLE : 1);
  }

  private static List<Outcome> ofSample() throws IOException {
    try (FileSystem sample = RandomModel.sample()) {
      return RandomModel.in(sample).stream().map(Trial::of).toList();
    }
  }

  /** Says what becomes of each model. */
  private static List<Outcome> ofDirectory(Path directory) throws IOException {
    List<Outcome> outcomes = new ArrayList<>();
    for (RandomModel model : RandomModel.in(directory)) {
      outcomes.add(Trial.of(model));
      System.out.println(outcomes.get(outcomes.size() - 1));
    }
    System.out.println(Outcome.table(outcomes));
    return outcomes;
  }
}
