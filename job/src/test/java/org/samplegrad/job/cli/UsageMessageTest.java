package org.samplegrad.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UsageMessageTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "varience | Unknown command 'varience'; did you mean 'variance'?",
        "Check --limit 3 | Unknown command 'Check'; did you mean 'check'?",
        "swoosh | Unknown command 'swoosh'",
        "variance --modle x | Unknown option '--modle' of 'variance'; did you mean '--model'?",
        "variance --wieghts=x | Unknown option '--wieghts' of 'variance'; did you mean '--weights'?",
        "variance -model x | Unknown option '-model' of 'variance'; did you mean '--model'?",
        "variance --block_size 3 | did you mean '--block-size'?",
        "check --overwrite --limit 1 | Unknown option '--overwrite' of 'check'",
        "variance --colour blue | Unknown option '--colour' of 'variance'",
        "variance data.parquet | Unknown argument 'data.parquet': 'variance' takes options only",
        "--model x variance | The option '--model' stands before the command",
        "--hepl | Unknown option '--hepl'; did you mean '--help'?",
        "variance --reduction median | none of sum, mean",
        "variance --model | --model",
      })
  void namesTheNearestAndListsTheCommands(String arguments, String expected) {
    CommandRun run = CommandRun.of((Object[]) arguments.split(" "));
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.errors()).contains(expected).contains("Commands: variance, check, help.");
    assertThat(run.errors().lines()).hasSize(2);
    assertThat(run.output()).isEmpty();
  }

  @Test
  void farWordsAreNotGuessed() {
    assertThat(UsageMessage.nearest("colour", List.of("model", "label"))).isEmpty();
    assertThat(UsageMessage.nearest("", List.of("model"))).isEmpty();
    assertThat(UsageMessage.nearest("--Data", List.of("--label", "--data"))).contains("--data");
  }
}
