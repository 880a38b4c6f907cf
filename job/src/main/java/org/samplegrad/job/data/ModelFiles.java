package org.samplegrad.job.data;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import org.samplegrad.core.models.ExampleModel;
import org.samplegrad.core.models.Safetensors;
import org.samplegrad.core.models.UnusableModelException;
import org.samplegrad.core.models.onnx.FileParameters;
import org.samplegrad.core.parameters.ParameterLayout;
import org.samplegrad.core.parameters.ParameterVector;
import org.samplegrad.job.failures.RootCause;

/** Models and weights by what the command line says. */
public final class ModelFiles {
  private final HadoopFiles files;

  public ModelFiles(HadoopFiles files) {
    this.files = files;
  }

  /**
   * @param name of an example model, or the path of a model file
   * @param parameters what becomes of a file whose tensors may not be the module's parameters
   * @throws UnusableModelException if there is no such model, or its file is not usable
   */
  public LoadedModel model(String name, FileParameters parameters) {
    var example = ExampleModel.named(name);
    if (example.isPresent()) {
      return LoadedModel.of(example.get().create());
    }
    ModelFormat format =
        ModelFormat.of(name)
            .orElseThrow(
                () ->
                    new UnusableModelException(
                        "Unknown model '%s'; choose one of %s, or a model in a file that ends in %s"
                            .formatted(name, examples(), ModelFormat.endings())));
    return read(
        "Model",
        name,
        (stream, length) ->
            format.read(
                name, stream, length, beside -> files.openBeside(name, beside), parameters));
  }

  /** The names of the example models, for messages. */
  public static String examples() {
    return Arrays.stream(ExampleModel.values())
        .map(ExampleModel::toString)
        .collect(Collectors.joining(", "));
  }

  /**
   * @param unused the names of further tensors that the file may hold
   * @throws UnusableModelException if the file is missing, damaged, or holds other tensors
   */
  public ParameterVector weights(String path, ParameterLayout layout, Set<String> unused) {
    return read(
        "Weights",
        path,
        (stream, length) -> Safetensors.read(path, stream, length, layout, unused));
  }

  private <T> T read(String what, String path, HadoopFiles.Reader<T> reader) {
    try {
      return files.read(path, reader);
    } catch (FileNotFoundException e) {
      throw new UnusableModelException("%s file '%s' does not exist".formatted(what, path), e);
    } catch (IOException e) {
      throw new UnusableModelException(
          "%s file '%s' cannot be read: %s".formatted(what, path, RootCause.messageOf(e)), e);
    }
  }
}
