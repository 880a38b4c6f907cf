package org.samplegrad.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.samplegrad.core.differential.Outcome;
import org.samplegrad.core.differential.Outcome.Verdict;
import org.samplegrad.core.differential.RandomModel;
import org.samplegrad.datasets.spark.SparkSuite;

/**
 * The command on random models of PyTorch: some of the sample that is kept with the sources, or
 * those in a directory that the system property {@code samplegrad.differential} names. What it
 * prints must be right, and no error in float32 exceeds the bound that is printed with it.
 */
class DifferentialJobTest extends SparkSuite {
  private static final String DIRECTORY = System.getProperty("samplegrad.differential", "");

  /** Every so many models of the sample. */
  private static final int STEP = 10;

  @TempDir Path scratch;
  private final List<Outcome> outcomes = new ArrayList<>();
  private final List<ErrorFigure> figures = new ArrayList<>();

  @Test
  void whatThePrintedNumbersClaimIsTrue() throws IOException {
    if (DIRECTORY.isEmpty()) {
      try (FileSystem sample = RandomModel.sample()) {
        List<RandomModel> models = RandomModel.in(sample);
        IntStream.range(0, models.size() / STEP).forEach(i -> run(models.get(STEP * i)));
      }
    } else {
      RandomModel.in(Path.of(DIRECTORY)).forEach(this::run);
    }
    String table = Outcome.table(outcomes);
    for (String what : List.of("V", "gradient", "parameter")) {
      table += ErrorFigure.line(what, figures);
    }
    if (!DIRECTORY.isEmpty()) {
      outcomes.forEach(System.out::println);
      System.out.println(table);
    }
    assertThat(outcomes.stream().filter(outcome -> outcome.verdict() == Verdict.WRONG))
        .as(table)
        .isEmpty();
    assertThat(outcomes).as(table).anyMatch(outcome -> outcome.verdict() == Verdict.RIGHT);
  }

  private void run(RandomModel model) {
    session();
    try {
      JobTrial trial = new JobTrial(model, Files.createDirectory(scratch.resolve(model.name())));
      outcomes.add(trial.outcome());
      figures.addAll(trial.figures());
    } catch (IOException | RuntimeException e) {
      outcomes.add(new Outcome(model, Verdict.WRONG, "it failed: " + e, ""));
    }
  }
}
