package org.samplegrad.job.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.samplegrad.core.models.Safetensors;
import org.samplegrad.core.parameters.ParameterLayout;
import org.samplegrad.core.parameters.ParameterVector;

/** An output directory as a program that reads it would see it. */
record ResultDirectory(Path path, ParameterLayout layout) {
  static final List<String> TENSOR_FILES =
      List.of(
          "mean_gradient.safetensors",
          "variance.safetensors",
          "total_variance_gradient.safetensors");

  JsonNode summary() {
    try {
      return new ObjectMapper().readTree(path.resolve("summary.json").toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  ParameterVector meanGradient() {
    return tensors(TENSOR_FILES.get(0));
  }

  ParameterVector variance() {
    return tensors(TENSOR_FILES.get(1));
  }

  ParameterVector gradient() {
    return tensors(TENSOR_FILES.get(2));
  }

  private ParameterVector tensors(String file) {
    Path tensors = path.resolve(file);
    try (InputStream stream = Files.newInputStream(tensors)) {
      return Safetensors.read(file, stream, Files.size(tensors), layout);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  List<String> fileNames() {
    try (Stream<Path> files = Files.list(path)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
