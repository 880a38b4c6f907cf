package org.samplegrad.job.data;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.samplegrad.core.models.ModelSpec;
import org.samplegrad.core.models.onnx.ExternalFiles;
import org.samplegrad.core.models.onnx.FileParameters;
import org.samplegrad.core.models.onnx.OnnxModel;

/** The formats of model files, by the ends of their names. A new one is one entry here. */
enum ModelFormat {
  JSON {
    @Override
    LoadedModel read(
        String path,
        InputStream stream,
        long length,
        ExternalFiles beside,
        FileParameters parameters)
        throws IOException {
      return LoadedModel.of(ModelSpec.read(path, stream));
    }
  },

  ONNX {
    @Override
    LoadedModel read(
        String path,
        InputStream stream,
        long length,
        ExternalFiles beside,
        FileParameters parameters)
        throws IOException {
      OnnxModel read = OnnxModel.read(path, stream, length, beside, parameters);
      return new LoadedModel(
          read.model(), read.weights(), read.frozen(), read.unused(), read.merged(), read.notes());
    }
  };

  /**
   * @param beside the files of the folder in which the model lies
   * @param parameters what becomes of a file whose tensors may not be the module's parameters
   */
  abstract LoadedModel read(
      String path, InputStream stream, long length, ExternalFiles beside, FileParameters parameters)
      throws IOException;

  static Optional<ModelFormat> of(String path) {
    return Arrays.stream(values()).filter(format -> path.endsWith(format.toString())).findFirst();
  }

  /** The ends of names, for messages. */
  static String endings() {
    return Arrays.stream(values()).map(ModelFormat::toString).collect(Collectors.joining(" or "));
  }

  /** The end of a file's name. */
  @Override
  public String toString() {
    return "." + name().toLowerCase(Locale.ROOT);
  }
}
