package org.samplegrad.core.differential;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What became of a random model.
 *
 * @param message why, where it is not simply right
 * @param figures the errors that were found, for the eye
 */
public record Outcome(RandomModel model, Verdict verdict, String message, String figures) {
  private static final int LONGEST_MESSAGE = 500;

  /** Refusing is always allowed; a number has to be right. */
  public enum Verdict {
    /** Every number, under the names of the module's parameters. */
    RIGHT,
    /** Every number, with a note that some names are those of the file. */
    RENAMED,
    /** Nothing was computed, and a message says why. */
    REFUSED,
    WRONG
  }

  @Override
  public String toString() {
    return "%-8s %s %s%s"
        .formatted(verdict, model, figures, message.isEmpty() ? "" : ": " + message);
  }

  static long count(List<Outcome> outcomes, Verdict verdict) {
    return outcomes.stream().filter(outcome -> outcome.verdict() == verdict).count();
  }

  /** How many of each verdict, for each way to export and in all. */
  public static String table(List<Outcome> outcomes) {
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
