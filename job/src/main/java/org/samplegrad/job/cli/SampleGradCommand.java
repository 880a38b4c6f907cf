package org.samplegrad.job.cli;

import java.util.List;
import org.samplegrad.core.moments.Reduction;
import org.samplegrad.core.moments.VarianceDetail;
import org.samplegrad.datasets.RowPolicy;
import org.samplegrad.job.distributed.PrecisionChoice;
import org.samplegrad.job.failures.ExitCode;
import org.samplegrad.job.failures.Failure;
import org.samplegrad.job.output.PlaceTakenException;
import org.samplegrad.job.output.Versions;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** The program. */
@Command(
    name = "samplegrad",
    description =
        "Per-sample gradient statistics over a whole data set, and the gradients of those"
            + " statistics. Without arguments: a demonstration on MNIST.",
    subcommands = {VarianceCommand.class, CheckCommand.class, CommandLine.HelpCommand.class},
    versionProvider = SampleGradCommand.VersionLines.class,
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "0:done",
      "1:a check failed",
      "2:wrong usage or unusable model",
      "3:bad data",
      "4:the job failed"
    })
public final class SampleGradCommand {
  private static final String[] DEMONSTRATION = {
    "variance",
    "--data",
    "mnist-test",
    "--model",
    "mnist-cnn",
    "--loss",
    "cross-entropy",
    "--output",
    "samplegrad-out",
    "--overwrite"
  };

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Show the versions.")
  boolean version;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this text.")
  boolean help;

  /** Null until a command line is executed. */
  private RunStatus status;

  /** Null where the process is not this program's alone, as in tests. */
  private ProcessEnd end;

  SampleGradCommand() {}

  static final class VersionLines implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return Versions.all().entrySet().stream()
          .map(entry -> entry.getKey() + " " + entry.getValue())
          .toArray(String[]::new);
    }
  }

  /** Runs a command line as this process; returns the exit code to end it with. */
  public static int runAsProcess(String... arguments) {
    Logging.configure();
    SampleGradCommand program = new SampleGradCommand();
    List<String> given = orDemonstration(arguments);
    program.status = new RunStatus(given);
    program.end = ProcessEnd.of(program.status);
    return program.end.settled(program.execute(program.commandLine(), given));
  }

  /** Runs a command line within another program; returns the exit code of the contract. */
  public static int run(String... arguments) {
    SampleGradCommand program = new SampleGradCommand();
    return program.execute(program.commandLine(), orDemonstration(arguments));
  }

  private static List<String> orDemonstration(String... arguments) {
    return List.of(arguments.length == 0 ? DEMONSTRATION : arguments);
  }

  /** Runs a command line; returns the exit code of the contract. */
  int execute(CommandLine line, List<String> arguments) {
    status = status == null ? new RunStatus(arguments) : status;
    int exitCode = line.execute(arguments.toArray(String[]::new));
    if (end != null && end.isSettled()) {
      return exitCode;
    }
    String problem = status.ended(exitCode);
    if (problem != null) {
      line.getErr().println(problem);
      line.getErr().flush();
    }
    return exitCode;
  }

  /** The run of this command line has a Spark application. */
  void started(String applicationId) {
    status.started(applicationId);
  }

  /** The parser, for tests that look at what it prints. */
  CommandLine commandLine() {
    CommandLine line = new CommandLine(this);
    LabelConverter.register(
        line, Reduction.class, RowPolicy.class, PrecisionChoice.class, VarianceDetail.class);
    line.setParameterExceptionHandler((e, given) -> reportWrongUsage(e));
    line.setExecutionExceptionHandler((e, command, parsed) -> report(e, command));
    line.setExecutionStrategy(this::runReportingErrors);
    return line;
  }

  private int reportWrongUsage(ParameterException e) {
    String message = UsageMessage.of(e);
    status.says(message.lines().findFirst().orElseThrow());
    e.getCommandLine().getErr().println(message);
    e.getCommandLine().getErr().flush();
    return ExitCode.UNUSABLE_REQUEST.value();
  }

  /** The parser hands exceptions to its handler, but no errors, such as a lack of memory. */
  private int runReportingErrors(ParseResult parsed) {
    try {
      return new CommandLine.RunLast().execute(parsed);
    } catch (Error e) {
      List<CommandLine> commands = parsed.asCommandLineList();
      return report(e, commands.get(commands.size() - 1));
    }
  }

  private int report(Throwable e, CommandLine command) {
    Failure failure = Failure.of(e);
    if (end != null && end.isSettled()) { // and this is what follows from it
      return failure.exitCode().value();
    }
    if (e instanceof PlaceTakenException) {
      status.leave();
    }
    status.says(failure.message());
    command.getErr().println(failure.message());
    OptionSpec stackTrace = command.getCommandSpec().findOption("--stacktrace");
    if (stackTrace != null && Boolean.TRUE.equals(stackTrace.getValue())) {
      e.printStackTrace(command.getErr());
    }
    command.getErr().flush();
    return failure.exitCode().value();
  }
}
