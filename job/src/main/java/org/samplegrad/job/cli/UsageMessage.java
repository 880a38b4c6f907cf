package org.samplegrad.job.cli;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import org.apache.commons.text.similarity.LevenshteinDistance;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** What a command line that cannot be understood is answered with. */
final class UsageMessage {
  /** A word is meant to be another if no more than this part of it has to be changed. */
  private static final double LARGEST_CHANGE = 0.5;

  private UsageMessage() {}

  /** Two lines: what is wrong, with the nearest name if one is unknown, and what there is. */
  static String of(ParameterException failure) {
    CommandLine line = failure.getCommandLine();
    CommandLine program = line;
    while (program.getParent() != null) {
      program = program.getParent();
    }
    String what =
        failure instanceof UnmatchedArgumentException unmatched
            ? unknown(line, program, unmatched.getUnmatched().get(0))
            : failure.getMessage();
    return "%s%nCommands: %s. See '%s --help'."
        .formatted(
            what,
            String.join(", ", program.getSubcommands().keySet()),
            line.getCommandSpec().qualifiedName());
  }

  private static String unknown(CommandLine line, CommandLine program, String word) {
    boolean ofProgram = line == program;
    if (!word.startsWith("-")) {
      return ofProgram
          ? "Unknown command '%s'%s".formatted(word, meant(word, program.getSubcommands().keySet()))
          : "Unknown argument '%s'%s: '%s' takes options only, such as --data DATA"
              .formatted(word, meant(word, options(line)), line.getCommandName());
    }
    String option = word.split("=", 2)[0];
    if (ofProgram) {
      Collection<String> all = new TreeSet<>(options(program));
      program.getSubcommands().values().forEach(command -> all.addAll(options(command)));
      return all.contains(option)
          ? "The option '%s' stands before the command; expected COMMAND [OPTIONS]"
              .formatted(option)
          : "Unknown option '%s'%s".formatted(option, meant(option, all));
    }
    return "Unknown option '%s' of '%s'%s"
        .formatted(option, line.getCommandName(), meant(option, options(line)));
  }

  private static List<String> options(CommandLine line) {
    CommandSpec command = line.getCommandSpec();
    return command.options().stream().map(OptionSpec::longestName).sorted().toList();
  }

  private static String meant(String word, Collection<String> names) {
    return nearest(word, names).map("; did you mean '%s'?"::formatted).orElse("");
  }

  /** The name with the fewest letters to change, if that are not too many. */
  static Optional<String> nearest(String word, Collection<String> names) {
    String plain = plain(word);
    return names.stream()
        .min(Comparator.comparingInt(name -> changes(plain, plain(name))))
        .filter(name -> changes(plain, plain(name)) <= LARGEST_CHANGE * plain(name).length());
  }

  private static int changes(String word, String name) {
    return LevenshteinDistance.getDefaultInstance().apply(word, name);
  }

  /** A single dash, an underscore or a capital is no other word. */
  private static String plain(String word) {
    return word.replaceFirst("^-+", "").replace('_', '-').toLowerCase(Locale.ROOT);
  }
}
