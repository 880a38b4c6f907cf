package org.samplegrad.core.models.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.samplegrad.core.golden.OnnxCase;

/** An operator without a golden case fails here: add one to {@code make_onnx_cases.py}. */
class OperatorCoverageTest {

  @Test
  void everyOperatorHasAGoldenCase() throws IOException {
    Set<String> used = new TreeSet<>();
    for (OnnxCase golden : OnnxCase.all()) {
      String resource = "/golden-onnx/%s/model.onnx".formatted(golden.name());
      try (InputStream stream = getClass().getResourceAsStream(resource)) {
        ModelProto file = ModelProto.parseFrom(stream);
        Stream.concat(
                file.getGraph().getNodeList().stream(),
                file.getFunctionsList().stream().flatMap(f -> f.getNodeList().stream()))
            .flatMap(Subgraphs::withInner)
            .filter(node -> node.getDomain().isEmpty())
            .map(NodeProto::getOpType)
            .forEach(used::add);
      }
    }
    Set<String> supported =
        Arrays.stream(Operator.values())
            .map(Operator::toString)
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(used).isEqualTo(supported);
  }

  @Test
  void thereAreEnoughCasesFromBothExporters() {
    assertThat(OnnxCase.all())
        .filteredOn(golden -> golden.exporter().equals("dynamo"))
        .hasSizeGreaterThan(25);
    assertThat(OnnxCase.all())
        .filteredOn(golden -> golden.exporter().equals("torchscript"))
        .hasSizeGreaterThan(25);
  }
}
