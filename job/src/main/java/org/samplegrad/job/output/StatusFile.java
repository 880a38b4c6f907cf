package org.samplegrad.job.output;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * {@code OUTPUT.status.json}, beside the output directory: how a run ended, for programs.
 *
 * @param message what the run said last
 * @param applicationId Spark's, or null if it was not started
 */
public record StatusFile(int exitCode, String message, String applicationId) {
  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private static final String ENDING = ".status.json";

  /** Where the file of an output directory is. */
  static Path beside(Place place) {
    return place.beside(place.path().getName() + ENDING);
  }

  /**
   * Writes it in place of an earlier one. Nothing is written into what the job reads.
   *
   * @param output the output directory, which need not exist
   * @param inputs paths that the job reads
   */
  public void writeBeside(String output, List<String> inputs, Configuration configuration)
      throws IOException {
    try (Place place = Place.of(output, configuration)) {
      if (place.path().getParent() == null || liesInOneOf(place, inputs)) {
        return;
      }
      place.system().mkdirs(place.path().getParent());
      Path file = beside(place);
      Path temporary = place.beside(".%s-%s".formatted(file.getName(), UUID.randomUUID()));
      try (OutputStream stream = place.system().create(temporary, false)) {
        stream.write(MAPPER.writeValueAsBytes(json()));
      }
      if (ExclusiveMove.isLocal(place.system())) {
        Files.move(
            ExclusiveMove.local(temporary),
            ExclusiveMove.local(file),
            StandardCopyOption.ATOMIC_MOVE,
            StandardCopyOption.REPLACE_EXISTING);
      } else {
        place.system().delete(file, false);
        ExclusiveMove.move(place.system(), temporary, file);
      }
    }
  }

  private static boolean liesInOneOf(Place place, List<String> inputs) throws IOException {
    for (String input : inputs) {
      for (Path found : place.existing(input)) {
        if (place.liesIn(found)) {
          return true;
        }
      }
    }
    return false;
  }

  private ObjectNode json() {
    return MAPPER
        .createObjectNode()
        .put("state", exitCode == 0 ? "succeeded" : "failed")
        .put("exit_code", exitCode)
        .put("message", message)
        .put("application_id", applicationId);
  }
}
