package org.samplegrad.core.models.onnx;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/** The files beside a model that hold its weights. */
@FunctionalInterface
public interface ExternalFiles {
  /** No files: every weight must lie in the model file itself. */
  ExternalFiles NONE =
      name -> {
        throw new IOException("there is no folder to look in");
      };

  /**
   * A file that was found.
   *
   * @param length in bytes
   */
  record Opened(InputStream stream, long length) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      stream.close();
    }
  }

  /**
   * Opens a file of the model's folder.
   *
   * @param name a relative path without {@code ..}, its parts separated by {@code /}
   * @throws IOException if there is no such file, or it lies outside of the folder, for example
   *     behind a link
   */
  Opened open(String name) throws IOException;

  /**
   * @throws IllegalArgumentException if a location that a model file gives could leave its folder
   */
  static String requireInside(String location) {
    boolean plain =
        !location.isEmpty()
            && location.chars().noneMatch(c -> c < ' ' || c == '\\' || c == ':')
            && Arrays.stream(location.split("/", -1))
                .noneMatch(part -> part.isEmpty() || part.equals("..") || part.equals("."));
    if (!plain) {
      throw new IllegalArgumentException(
          "the location '%s' of its data could leave the model's folder; expected the name of a file beside the model"
              .formatted(location));
    }
    return location;
  }
}
