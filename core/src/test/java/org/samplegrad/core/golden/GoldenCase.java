package org.samplegrad.core.golden;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.models.ExampleModel;
import org.samplegrad.core.models.Safetensors;
import org.samplegrad.core.moments.Reduction;
import org.samplegrad.core.parameters.ParameterLayout;
import org.samplegrad.core.parameters.ParameterVector;
import org.samplegrad.core.passes.Block;
import org.samplegrad.core.passes.Objective;

/**
 * An example model with weights, data and the results that PyTorch computed from them in float64.
 *
 * @param count the number of samples, N
 * @param totalVariance V
 * @param gradientNorm the norm of the gradient of V
 */
public record GoldenCase(
    String name,
    ExampleModel model,
    Reduction reduction,
    int count,
    double totalVariance,
    double gradientNorm) {

  /** The case whose data are the bundled MNIST test images instead of a file. */
  private static final String BUNDLED_DATA = "mnist-test-cnn";

  private static final Map<String, ExampleModel> MODELS =
      new TreeMap<>(
          Map.of(
              "seed-linear",
              ExampleModel.LINEAR,
              "seed-mnist-logistic",
              ExampleModel.MNIST_LOGISTIC,
              "seed-mnist-cnn",
              ExampleModel.MNIST_CNN,
              "seed-mnist-cnn-mean",
              ExampleModel.MNIST_CNN,
              BUNDLED_DATA,
              ExampleModel.MNIST_CNN));

  public static List<GoldenCase> all() {
    return MODELS.keySet().stream().map(GoldenCase::named).toList();
  }

  /** The cases that come with their data. */
  public static List<GoldenCase> allWithData() {
    return all().stream().filter(GoldenCase::hasData).toList();
  }

  public static GoldenCase named(String name) {
    if (!MODELS.containsKey(name)) {
      throw new IllegalArgumentException(
          "No golden case '%s'; choose one of %s".formatted(name, MODELS.keySet()));
    }
    JsonNode description = description(name);
    return new GoldenCase(
        name,
        MODELS.get(name),
        Reduction.valueOf(description.get("reduction").textValue().toUpperCase(Locale.ROOT)),
        description.get("n").intValue(),
        description.get("total_variance").doubleValue(),
        description.get("gradient_norm").doubleValue());
  }

  private static JsonNode description(String name) {
    try {
      return new ObjectMapper().readTree(resource(name, "case.json"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether {@link #blocks} has data to give. */
  public boolean hasData() {
    return !name.equals(BUNDLED_DATA);
  }

  public Objective objective() {
    return new Objective(model.create(), model.loss().create());
  }

  public ParameterVector weights() {
    return parameters("weights");
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

  private ParameterVector parameters(String file) {
    return tensors(file, model.create().parameters());
  }

  /**
   * All samples in their order, in blocks of the given size and a smaller one for the rest; inputs
   * in float64.
   */
  public List<Block> blocks(int size) {
    if (!hasData()) {
      throw new IllegalStateException("The case '%s' runs on bundled data".formatted(name));
    }
    Objective objective = objective();
    Shape sample = objective.model().inputShape();
    int perTarget = objective.target().perSample();
    boolean vectors = objective.model().outputShape().size() == perTarget;
    Shape labels = vectors ? Shape.of(count, perTarget) : Shape.of(count);
    ParameterVector data =
        tensors(
            "data",
            new ParameterLayout(
                List.of("features", "label"), List.of(sample.prepend(count), labels)));
    double[] features = data.values(data.layout().entries().get(0));
    double[] targets = data.values(data.layout().entries().get(1));
    List<Block> blocks = new ArrayList<>();
    for (int first = 0; first < count; first += size) {
      int last = Math.min(first + size, count);
      blocks.add(
          Block.of(
              last - first,
              sample,
              Arrays.copyOfRange(features, first * sample.size(), last * sample.size()),
              Arrays.copyOfRange(targets, first * perTarget, last * perTarget)));
    }
    return blocks;
  }

  /** Copies the weights file into a directory. */
  public Path copyWeights(Path directory) {
    try {
      return Files.write(
          directory.resolve(name + "-weights.safetensors"), resource(name, "weights.safetensors"));
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
    String path = "/golden/%s/%s".formatted(name, file);
    try (InputStream stream = GoldenCase.class.getResourceAsStream(path)) {
      if (stream == null) {
        throw new IOException("No resource " + path);
      }
      return stream.readAllBytes();
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
