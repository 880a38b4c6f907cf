package org.samplegrad.core.golden;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.losses.LossKind;
import org.samplegrad.core.models.Safetensors;
import org.samplegrad.core.models.onnx.ExternalFiles;
import org.samplegrad.core.models.onnx.FileParameters;
import org.samplegrad.core.models.onnx.OnnxModel;
import org.samplegrad.core.moments.Reduction;
import org.samplegrad.core.parameters.ParameterLayout;
import org.samplegrad.core.parameters.ParameterVector;
import org.samplegrad.core.passes.Block;
import org.samplegrad.core.passes.Objective;

/**
 * A model that PyTorch exported to ONNX, with data and the results that PyTorch computed from them
 * in float64. {@code make_onnx_cases.py} makes them.
 */
public record OnnxCase(String name, JsonNode description, OnnxModel model) {
  private static final String ROOT = "/golden-onnx/";
  private static final String MODEL = "model.onnx";

  /** All cases, if the class path is a directory and no archive. */
  public static List<OnnxCase> all() {
    try (Stream<Path> folders = Files.list(Path.of(OnnxCase.class.getResource(ROOT).toURI()))) {
      return folders.map(path -> named(path.getFileName().toString())).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  public static OnnxCase named(String name) {
    try {
      byte[] file = resource(name, MODEL);
      ExternalFiles files =
          location -> {
            byte[] data = resource(name, location);
            return new ExternalFiles.Opened(new ByteArrayInputStream(data), data.length);
          };
      JsonNode description = new ObjectMapper().readTree(resource(name, "case.json"));
      FileParameters parameters =
          acceptsFileParameters(description) ? FileParameters.ACCEPT : FileParameters.REFUSE_DOUBT;
      return new OnnxCase(
          name,
          description,
          OnnxModel.read(name, new ByteArrayInputStream(file), file.length, files, parameters));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean acceptsFileParameters(JsonNode description) {
    return description.path("accept_file_parameters").booleanValue();
  }

  /** Whether the file does not tell which of its tensors are parameters, though all in use are. */
  public boolean acceptsFileParameters() {
    return acceptsFileParameters(description);
  }

  /** dynamo, torchscript or by-hand. */
  public String exporter() {
    return description.get("exporter").textValue();
  }

  public LossKind loss() {
    return LossKind.named(description.get("loss").textValue());
  }

  public Reduction reduction() {
    return Reduction.valueOf(description.get("reduction").textValue().toUpperCase(Locale.ROOT));
  }

  public Objective objective() {
    return new Objective(model.model(), loss().create());
  }

  /** The number of samples, N. */
  public int count() {
    return description.get("n").intValue();
  }

  /** V. */
  public double totalVariance() {
    return description.get("total_variance").doubleValue();
  }

  public ParameterVector meanGradient() {
    return parameters("mean_gradient");
  }

  /** The variance per parameter element, v. */
  public ParameterVector variance() {
    return parameters("variance");
  }

  /** The gradient of the total variance. */
  public ParameterVector gradient() {
    return parameters("total_variance_gradient");
  }

  /** The names and shapes are PyTorch's; the order is the model's. */
  private ParameterVector parameters(String file) {
    return tensors(file, model.model().parameters());
  }

  /** All samples in their order, in blocks of the given size and a smaller one for the rest. */
  public List<Block> blocks(int size) {
    Shape sample = model.model().inputShape();
    int perTarget = objective().target().perSample();
    boolean vectors = model.model().outputShape().size() == perTarget;
    Shape labels = vectors ? model.model().outputShape().prepend(count()) : Shape.of(count());
    ParameterVector data =
        tensors(
            "data",
            new ParameterLayout(
                List.of("features", "label"), List.of(sample.prepend(count()), labels)));
    double[] features = data.values(data.layout().entries().get(0));
    double[] targets = data.values(data.layout().entries().get(1));
    List<Block> blocks = new ArrayList<>();
    for (int first = 0; first < count(); first += size) {
      int last = Math.min(first + size, count());
      blocks.add(
          Block.of(
              last - first,
              sample,
              Arrays.copyOfRange(features, first * sample.size(), last * sample.size()),
              Arrays.copyOfRange(targets, first * perTarget, last * perTarget)));
    }
    return blocks;
  }

  /** Copies the model and the files beside it into a directory. */
  public Path copyModel(Path directory) {
    try {
      for (String file : List.of(MODEL, MODEL + ".data")) {
        if (OnnxCase.class.getResource(ROOT + name + "/" + file) != null) {
          Files.write(directory.resolve(file), resource(name, file));
        }
      }
      return directory.resolve(MODEL);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private ParameterVector tensors(String file, ParameterLayout layout) {
    try {
      byte[] bytes = resource(name, file + ".safetensors");
      return Safetensors.read(file, new ByteArrayInputStream(bytes), bytes.length, layout);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] resource(String name, String file) throws IOException {
    try (InputStream stream = OnnxCase.class.getResourceAsStream(ROOT + name + "/" + file)) {
      if (stream == null) {
        throw new IOException("No resource " + ROOT + name + "/" + file);
      }
      return stream.readAllBytes();
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
