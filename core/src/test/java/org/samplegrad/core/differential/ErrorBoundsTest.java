package org.samplegrad.core.differential;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.models.UnusableModelException;

/**
 * The error bounds of the random models of {@link DifferentialTest}: no error exceeds its bound,
 * and few bounds exceed their error by far.
 */
class ErrorBoundsTest {
  private static final String DIRECTORY = System.getProperty("samplegrad.differential", "");
  private static final double LARGEST_PART_OF_LOOSE_BOUNDS = 0.05;

  @ParameterizedTest
  @CsvSource({"FLOAT32, true", "FLOAT32, false", "FLOAT64, true"})
  void holdAndSaySomething(Precision precision, boolean all) throws IOException {
    if (!DIRECTORY.isEmpty()) {
      check(RandomModel.in(Path.of(DIRECTORY)), precision, all);
      return;
    }
    try (FileSystem sample = RandomModel.sample()) {
      check(RandomModel.in(sample), precision, all);
    }
  }

  private static void check(List<RandomModel> models, Precision precision, boolean all)
      throws IOException {
    List<String> wrong = new ArrayList<>();
    int loose = 0;
    int count = 0;
    for (RandomModel model : models) {
      if (model.count() == 1) {
        continue;
      }
      try {
        for (BoundedRun.Figure figure : BoundedRun.of(model, precision, all).figures(model)) {
          count++;
          loose += figure.isLoose() ? 1 : 0;
          if (figure.exceeds()) {
            wrong.add(figure + " of " + model);
          }
        }
      } catch (UnusableModelException e) {
        assertThat(e.getMessage()).isNotBlank(); // refused, which is always allowed
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(count).isPositive();
    assertThat(loose).isLessThanOrEqualTo((int) (LARGEST_PART_OF_LOOSE_BOUNDS * count));
  }
}
