package org.samplegrad.core.differential;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.losses.Loss;
import org.samplegrad.core.losses.LossKind;
import org.samplegrad.core.models.Safetensors;
import org.samplegrad.core.models.onnx.ExternalFiles;
import org.samplegrad.core.models.onnx.FileParameters;
import org.samplegrad.core.models.onnx.OnnxModel;
import org.samplegrad.core.moments.Reduction;
import org.samplegrad.core.parameters.ParameterLayout;
import org.samplegrad.core.parameters.ParameterVector;
import org.samplegrad.core.passes.Block;

/** A folder that {@code random_models.py} wrote: a model, data, and the right values. */
public record RandomModel(Path folder, JsonNode description) {
  public static final String MODEL = "model.onnx";
  private static final String SAMPLE = "/differential/sample.zip";

  /** The archive of those that are kept with the sources, to be closed. */
  public static FileSystem sample() throws IOException {
    Path copy = Files.createTempFile("sample", ".zip");
    copy.toFile().deleteOnExit();
    try (InputStream archive = RandomModel.class.getResourceAsStream(SAMPLE)) {
      Files.copy(archive, copy, StandardCopyOption.REPLACE_EXISTING);
    }
    return FileSystems.newFileSystem(copy);
  }

  /** Those in an archive. */
  public static List<RandomModel> in(FileSystem archive) throws IOException {
    return in(archive.getPath("/"));
  }

  /** Those in a directory, by their names. */
  public static List<RandomModel> in(Path directory) throws IOException {
    List<RandomModel> found = new ArrayList<>();
    try (Stream<Path> folders = Files.list(directory)) {
      for (Path folder : (Iterable<Path>) folders.sorted()::iterator) {
        if (Files.exists(folder.resolve("case.json"))) {
          try (InputStream json = Files.newInputStream(folder.resolve("case.json"))) {
            found.add(new RandomModel(folder, new ObjectMapper().readTree(json)));
          }
        }
      }
    }
    return found;
  }

  public String name() {
    return text("name");
  }

  public String text(String key) {
    return description.get(key).asText();
  }

  public double number(String key) {
    return description.get(key).doubleValue();
  }

  /** The number of samples, N. */
  public int count() {
    return description.get("n").intValue();
  }

  /**
   * How far one of the results moves when all numbers are as inexact as in float32, relative to its
   * norm; infinite where the norm is 0.
   */
  public double sensitivity(String result) {
    JsonNode found = description.get("sensitivity").get(result);
    return found.isNull() ? Double.POSITIVE_INFINITY : found.doubleValue();
  }

  public OnnxModel model() throws IOException {
    Path file = folder.resolve(MODEL);
    ExternalFiles none =
        location -> {
          throw new IOException("No file lies beside the model");
        };
    try (InputStream stream = Files.newInputStream(file)) {
      return OnnxModel.read(MODEL, stream, Files.size(file), none, FileParameters.REFUSE_DOUBT);
    }
  }

  public Loss loss() {
    return LossKind.named(text("loss")).create(lossOptions());
  }

  public Map<String, String> lossOptions() {
    Map<String, String> options = new TreeMap<>();
    description
        .get("loss_options")
        .fields()
        .forEachRemaining(option -> options.put(option.getKey(), option.getValue().textValue()));
    return options;
  }

  public Reduction reduction() {
    return Reduction.valueOf(text("reduction").toUpperCase(Locale.ROOT));
  }

  /** The names and shapes of the module's parameters. */
  public ParameterLayout parameters() {
    List<String> names = new ArrayList<>();
    List<Shape> shapes = new ArrayList<>();
    Iterator<Map.Entry<String, JsonNode>> parameters = description.get("parameters").fields();
    while (parameters.hasNext()) {
      Map.Entry<String, JsonNode> parameter = parameters.next();
      names.add(parameter.getKey());
      shapes.add(shape(parameter.getValue()));
    }
    return new ParameterLayout(names, shapes);
  }

  private static Shape shape(JsonNode extents) {
    return Shape.of(
        StreamSupport.stream(extents.spliterator(), false).mapToInt(JsonNode::intValue).toArray());
  }

  /** Right values in the layout of {@link #parameters}. */
  public ParameterVector expected(String file) {
    return tensors(file, parameters());
  }

  /**
   * Features and labels of all samples, {@code [n, ...]} each.
   *
   * @param sample the shape of one
   */
  private List<double[]> data(Shape sample) {
    Shape labels = shape(description.get("label_shape"));
    ParameterVector data =
        tensors(
            "data",
            new ParameterLayout(
                List.of("features", "label"), List.of(sample.prepend(count()), labels)));
    return data.layout().entries().stream().map(data::values).toList();
  }

  /**
   * All samples in their order, in blocks of the given size and a smaller one for the rest.
   *
   * @param sample the shape of one
   */
  public List<Block> blocks(int size, Shape sample) {
    double[] features = data(sample).get(0);
    double[] targets = data(sample).get(1);
    int perTarget = targets.length / count();
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

  /**
   * A line of JSON for each sample, with its features in one array, and its label.
   *
   * @param sample the shape of one
   */
  public List<String> lines(Shape sample) {
    double[] features = data(sample).get(0);
    double[] targets = data(sample).get(1);
    int perTarget = targets.length / count();
    List<String> lines = new ArrayList<>();
    for (int n = 0; n < count(); n++) {
      String of = Arrays.toString(range(features, n, sample.size()));
      String label =
          perTarget == 1 ? "" + targets[n] : Arrays.toString(range(targets, n, perTarget));
      lines.add("{\"features\": %s, \"label\": %s}".formatted(of, label));
    }
    return lines;
  }

  private static double[] range(double[] values, int sample, int size) {
    return Arrays.copyOfRange(values, sample * size, (sample + 1) * size);
  }

  private ParameterVector tensors(String file, ParameterLayout layout) {
    Path path = folder.resolve(file + ".safetensors");
    try (InputStream stream = Files.newInputStream(path)) {
      return Safetensors.read(path.toString(), stream, Files.size(path), layout);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String toString() {
    return "%s (%s, %s, data %s, N %d, %s, %s %s, %s)"
        .formatted(
            name(),
            text("family"),
            text("initial"),
            text("data"),
            count(),
            text("exporter"),
            text("loss"),
            description.get("loss_options"),
            text("reduction"));
  }
}
