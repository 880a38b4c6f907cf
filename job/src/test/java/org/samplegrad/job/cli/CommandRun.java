package org.samplegrad.job.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine;

/** What one command line printed and ended with. */
record CommandRun(int exitCode, String output, String errors) {

  static CommandRun of(Object... arguments) {
    StringWriter output = new StringWriter();
    StringWriter errors = new StringWriter();
    SampleGradCommand program = new SampleGradCommand();
    CommandLine line = program.commandLine();
    line.setOut(new PrintWriter(output, true));
    line.setErr(new PrintWriter(errors, true));
    int exitCode = program.execute(line, Stream.of(arguments).map(Object::toString).toList());
    return new CommandRun(exitCode, output.toString(), errors.toString());
  }

  /** The same with arguments in groups. */
  static CommandRun of(List<?>... groups) {
    List<Object> arguments = new ArrayList<>();
    Stream.of(groups).forEach(arguments::addAll);
    return of(arguments.toArray());
  }
}
