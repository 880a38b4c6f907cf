package org.samplegrad.core.models.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.samplegrad.core.backend.Shape;

/**
 * What {@code samplegrad.export} writes into a file about the module: its parameters and buffers
 * with the tensors that hold them. All other tensors are constants. The JSON is {@code {"version":
 * 1, "parameters": [{"name", "shape", "requires_grad", "tensor", "fingerprint"}, ...], "buffers":
 * [{"name", "shape", "tensor", "fingerprint"}, ...], "ties": {name: first name}}}.
 */
final class ModuleRecord {
  private static final String KEY = "samplegrad.module";
  private static final int LONGEST = 1 << 24;
  private static final int DEEPEST = 8;
  private static final int VERSION = 1;
  private static final String WHAT = "what samplegrad.export wrote into it (" + KEY + ") ";

  private static final JsonMapper MAPPER = mapper();

  private final List<Entry> parameters = new ArrayList<>();
  private final List<Entry> buffers = new ArrayList<>();

  /**
   * @param tensor the name of the tensor in the file, or null if the file lacks it
   * @param fingerprint null if there is none
   */
  private record Entry(
      String name, Shape shape, boolean trained, String tensor, String fingerprint) {}

  private ModuleRecord(JsonNode root) {
    JsonNode version = root.path("version");
    if (!version.isIntegralNumber() || version.longValue() != VERSION) {
      throw problem(
          "has the version %s; this SampleGrad reads version %d. Take a SampleGrad as new as the package that exported the model"
              .formatted(version.isMissingNode() ? "none" : version, VERSION));
    }
    Set<String> names = new HashSet<>();
    Set<String> tensors = new HashSet<>();
    read(root.path("parameters"), "parameters", parameters, names, tensors);
    read(root.path("buffers"), "buffers", buffers, names, tensors);
    root.path("ties")
        .fields()
        .forEachRemaining(
            tie -> {
              boolean known =
                  parameters.stream().anyMatch(p -> p.name().equals(tie.getValue().textValue()));
              if (!known || !names.add(tie.getKey())) {
                throw problem(
                    "ties '%s' to '%s', which is no parameter, or the name to two"
                        .formatted(tie.getKey(), tie.getValue().asText()));
              }
            });
  }

  private static JsonMapper mapper() {
    JsonMapper mapper =
        JsonMapper.builder()
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();
    mapper
        .getFactory()
        .setStreamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(DEEPEST).build());
    return mapper;
  }

  /**
   * The record of a file, or null if samplegrad.export did not write the file.
   *
   * @throws IllegalArgumentException if it is damaged, or of another version
   */
  static ModuleRecord of(ModelProto file) {
    String text = null;
    for (StringStringEntryProto entry : file.getMetadataPropsList()) {
      if (entry.getKey().equals(KEY)) {
        if (text != null) {
          throw problem("stands there twice");
        }
        text = entry.getValue();
      }
    }
    if (text == null) {
      return null;
    }
    if (text.length() > LONGEST) {
      throw problem("is longer than %d characters".formatted(LONGEST));
    }
    try {
      return new ModuleRecord(MAPPER.readTree(text));
    } catch (JsonProcessingException e) {
      throw problem("is damaged: " + e.getOriginalMessage());
    }
  }

  private static IllegalArgumentException problem(String what) {
    return new IllegalArgumentException(WHAT + what);
  }

  private static void read(
      JsonNode list, String what, List<Entry> entries, Set<String> names, Set<String> tensors) {
    if (!list.isArray()) {
      throw problem("has no list of %s".formatted(what));
    }
    for (JsonNode node : list) {
      String name = text(node, "name", false);
      String tensor = text(node, "tensor", true);
      JsonNode trained = node.path("requires_grad");
      if (name == null || !trained.isMissingNode() && !trained.isBoolean()) {
        throw problem("has one of the %s without a name, or without true or false".formatted(what));
      }
      if (!names.add(name)) {
        throw problem("names '%s' twice".formatted(name));
      }
      if (tensor != null && !tensors.add(tensor)) {
        throw problem(
            "gives the tensor '%s' to two of the module's; '%s' is the second"
                .formatted(tensor, name));
      }
      boolean unused = node.path("unused").isBoolean() && node.path("unused").booleanValue();
      if (tensor == null && what.equals("parameters") && !unused) {
        throw problem("gives no tensor for the parameter '%s'".formatted(name));
      }
      entries.add(
          new Entry(
              name,
              shape(node.path("shape"), name),
              trained.asBoolean(true),
              unused ? null : tensor,
              text(node, "fingerprint", true)));
    }
  }

  private static String text(JsonNode node, String field, boolean mayLack) {
    JsonNode value = node.path(field);
    if (value.isTextual()) {
      return value.textValue();
    }
    if (mayLack && (value.isNull() || value.isMissingNode())) {
      return null;
    }
    throw problem("needs text as '%s', found %s".formatted(field, value));
  }

  private static Shape shape(JsonNode extents, String name) {
    int[] shape = new int[extents.size()];
    for (int axis = 0; axis < shape.length; axis++) {
      if (!extents.get(axis).isInt() || extents.get(axis).intValue() < 0) {
        throw problem("gives '%s' the shape %s".formatted(name, extents));
      }
      shape[axis] = extents.get(axis).intValue();
    }
    if (!extents.isArray()) {
      throw problem("gives '%s' no shape".formatted(name));
    }
    return Shape.of(shape);
  }

  /**
   * @param sources all tensors of the file, by name
   * @param signature says which tensors an optimiser has computed, and of which others
   * @throws IllegalArgumentException if a tensor is not what the record says of it, or was computed
   *     from a parameter after the record was written
   */
  void identify(
      TensorIdentities identities, Map<String, TensorSource> sources, ExportedSignature signature) {
    Map<String, String> known = new HashMap<>();
    for (Entry entry : parameters) {
      if (entry.tensor() == null) {
        identities.leaveOut(entry.name());
        continue;
      }
      require(entry, sources.get(entry.tensor()));
      if (sources.get(entry.tensor()).isInteger()) {
        throw misfit(entry, "the tensor holds integers");
      }
      known.put(entry.tensor(), entry.name());
      if (!entry.trained()) {
        identities.freeze(entry.name());
      }
    }
    for (String name : sources.keySet()) {
      for (String from : signature.foldedFrom(name)) {
        if (known.containsKey(from) && !known.containsKey(name)) {
          throw problem(
              "does not fit the file: the tensor '%s' was computed from the parameter '%s', and would stay as it is. The file was changed since; export the module with samplegrad.export again"
                  .formatted(name, known.get(from)));
        }
      }
    }
    for (Entry entry : buffers) {
      if (entry.tensor() != null) {
        require(entry, sources.get(entry.tensor()));
      }
    }
    identities
        .tensors()
        .replaceAll(
            (name, tensor) ->
                known.containsKey(name) ? tensor.named(known.get(name)) : tensor.constant());
    identities.order(parameters.stream().filter(p -> p.tensor() != null).map(Entry::name).toList());
    if (!identities.unused().isEmpty()) {
      identities.note(
          "The parameters %s take no part in the output; their gradients are zero, and they are left out"
              .formatted(TensorIdentities.listed(List.copyOf(identities.unused()))));
    }
    if (!identities.frozen().isEmpty()) {
      identities.note(
          "The parameters %s are frozen in the module (requires_grad=False) and are counted all the same"
              .formatted(TensorIdentities.listed(List.copyOf(identities.frozen()))));
    }
    identities.advise("Export the module with samplegrad.export again");
  }

  private static void require(Entry entry, TensorSource tensor) {
    if (tensor == null) {
      throw misfit(entry, "the file has no such tensor");
    }
    if (!tensor.shape().equals(entry.shape())) {
      throw misfit(
          entry,
          "the tensor has the shape %s instead of %s".formatted(tensor.shape(), entry.shape()));
    }
    if (entry.fingerprint() == null) {
      throw misfit(entry, "no fingerprint of its values is given");
    }
    if (!entry.fingerprint().equals("sha256:" + tensor.sha256())) {
      throw misfit(entry, "the tensor has other values than the fingerprint says");
    }
  }

  private static IllegalArgumentException misfit(Entry entry, String how) {
    return problem(
        "does not fit the file: '%s' should be the tensor '%s', but %s. The file was changed since; export the module with samplegrad.export again"
            .formatted(entry.name(), entry.tensor(), how));
  }
}
