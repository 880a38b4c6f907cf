package org.samplegrad.core.models;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.CharConversionException;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.models.SafetensorsHeader.Entry;
import org.samplegrad.core.models.SafetensorsHeader.NumberType;
import org.samplegrad.core.parameters.ParameterLayout;
import org.samplegrad.core.parameters.ParameterVector;

/**
 * Tensors by name in the safetensors format: eight bytes of header length, a JSON header with type,
 * shape and data offsets of each tensor, the data; all little-endian.
 */
public final class Safetensors {
  private static final int CHUNK_BYTES = 1 << 16;
  private static final int MOST_PROBLEMS = 10;
  private static final Set<String> BATCH_NORM_STATISTICS =
      Set.of("running_mean", "running_var", "num_batches_tracked");
  private static final JsonMapper MAPPER = new JsonMapper();

  private Safetensors() {}

  /**
   * Reads the values of exactly the given parameters, in float64, float32, float16 or bfloat16.
   *
   * @param name the file's name, for messages
   * @param length the file's length in bytes
   * @throws UnusableModelException if the file is damaged, or a tensor is missing, extra, of
   *     another shape, or not finite
   * @throws IOException if the stream cannot be read
   */
  public static ParameterVector read(
      String name, InputStream stream, long length, ParameterLayout layout) throws IOException {
    return read(name, stream, length, layout, Set.of());
  }

  /**
   * As without them, but for further tensors that the file may hold.
   *
   * @param unused their names
   */
  public static ParameterVector read(
      String name, InputStream stream, long length, ParameterLayout layout, Set<String> unused)
      throws IOException {
    try {
      DataInputStream data = new DataInputStream(stream);
      List<Entry> entries = SafetensorsHeader.read(data, length);
      requireParameters(entries, layout, unused);
      Map<String, Integer> offsets =
          layout.entries().stream()
              .collect(Collectors.toMap(ParameterLayout.Entry::name, e -> e.offset()));
      double[] values = new double[layout.size()];
      for (Entry entry : entries) {
        Integer offset = offsets.get(entry.name());
        if (offset == null) {
          data.skipNBytes((long) entry.shape().size() * entry.type().bytes());
        } else {
          readValues(data, entry, values, offset);
        }
      }
      return new ParameterVector(layout, values);
    } catch (EOFException e) {
      throw new UnusableModelException(
          "Weights file '%s' is cut short: it ends before its data do".formatted(name), e);
    } catch (JsonParseException e) {
      throw new UnusableModelException(
          "Weights file '%s' %s".formatted(name, SafetensorsHeader.problem(e)), e);
    } catch (JsonProcessingException | CharConversionException e) {
      throw new UnusableModelException(
          "Weights file '%s' is not a safetensors file: its header is not JSON".formatted(name), e);
    } catch (IllegalArgumentException e) {
      throw new UnusableModelException("Weights file '%s': %s".formatted(name, e.getMessage()), e);
    }
  }

  private static void requireParameters(
      List<Entry> entries, ParameterLayout layout, Set<String> unused) {
    Map<String, Entry> found = entries.stream().collect(Collectors.toMap(Entry::name, e -> e));
    List<String> missing = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    for (ParameterLayout.Entry parameter : layout.entries()) {
      Entry entry = found.remove(parameter.name());
      if (entry == null) {
        missing.add(parameter.name());
        problems.add("tensor '%s' %s is missing".formatted(parameter.name(), parameter.shape()));
      } else if (!entry.shape().equals(parameter.shape())) {
        problems.add(
            "tensor '%s' should have the shape %s, found %s"
                .formatted(parameter.name(), parameter.shape(), entry.shape()));
      } else if (!entry.type().isReadable()) {
        throw SafetensorsHeader.unreadable(entry.name(), entry.type());
      }
    }
    found.keySet().removeAll(unused);
    String prefix = prefix(missing, found.keySet());
    if (prefix != null && missing.size() == layout.entries().size()) {
      throw new IllegalArgumentException(
          "the names of its tensors start with '%s', as in '%s%s' for '%s': save the weights of the"
                  .formatted(prefix, prefix, missing.get(0), missing.get(0))
              + " module inside a wrapper such as DataParallel or torch.compile, or remove that prefix");
    }
    Map<Boolean, List<String>> extra =
        found.keySet().stream()
            .sorted()
            .collect(Collectors.partitioningBy(Safetensors::isBatchNormStatistic));
    if (!extra.get(true).isEmpty()) {
      problems.add(
          "tensor '%s' is a statistic of a batch norm, not a parameter: save dict(model.named_parameters()), and give the statistics in the model file"
              .formatted(extra.get(true).get(0)));
    }
    extra
        .get(false)
        .forEach(name -> problems.add("tensor '%s' is no parameter of the model".formatted(name)));
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(
          problems.stream().limit(MOST_PROBLEMS).collect(Collectors.joining("; ")));
    }
  }

  /** Whether a tensor has the name of one of the buffers of PyTorch's batch norms. */
  private static boolean isBatchNormStatistic(String name) {
    return BATCH_NORM_STATISTICS.contains(name.substring(name.lastIndexOf('.') + 1));
  }

  /** What stands before every missing name in the names that were found; null if nothing does. */
  private static String prefix(List<String> missing, Set<String> found) {
    if (missing.isEmpty()) {
      return null;
    }
    return found.stream()
        .filter(name -> name.endsWith("." + missing.get(0)))
        .map(name -> name.substring(0, name.length() - missing.get(0).length()))
        .filter(prefix -> missing.stream().allMatch(name -> found.contains(prefix + name)))
        .findFirst()
        .orElse(null);
  }

  private static void readValues(DataInputStream data, Entry entry, double[] into, int offset)
      throws IOException {
    int size = entry.shape().size();
    byte[] chunk = new byte[CHUNK_BYTES];
    int done = 0;
    while (done < size) {
      int count = Math.min(size - done, chunk.length / entry.type().bytes());
      data.readFully(chunk, 0, count * entry.type().bytes());
      ByteBuffer buffer = ByteBuffer.wrap(chunk).order(ByteOrder.LITTLE_ENDIAN);
      for (int i = 0; i < count; i++) {
        double value = entry.type().next(buffer);
        if (!Double.isFinite(value)) {
          throw new IllegalArgumentException(
              "tensor '%s' holds %s at index %s; weights must be finite numbers"
                  .formatted(entry.name(), value, index(entry.shape(), done)));
        }
        into[offset + done++] = value;
      }
    }
  }

  /** The index along each axis of a position in the row-major array. */
  private static String index(Shape shape, int position) {
    int[] index = new int[shape.rank()];
    int rest = position;
    for (int axis = index.length - 1; axis >= 0; axis--) {
      index[axis] = rest % shape.extent(axis);
      rest /= shape.extent(axis);
    }
    return Arrays.toString(index);
  }

  /** Writes one float64 tensor per parameter, in the parameter's shape. */
  public static void write(ParameterVector vector, OutputStream stream) throws IOException {
    ObjectNode root = MAPPER.createObjectNode();
    long position = 0;
    for (ParameterLayout.Entry entry : vector.layout().entries()) {
      ObjectNode tensor = root.putObject(entry.name());
      tensor.put("dtype", NumberType.F64.name());
      Arrays.stream(entry.shape().extents()).forEach(tensor.putArray("shape")::add);
      long end = position + (long) entry.size() * Double.BYTES;
      tensor.putArray("data_offsets").add(position).add(end);
      position = end;
    }
    byte[] header = MAPPER.writeValueAsString(root).getBytes(StandardCharsets.UTF_8);
    int padded = (header.length + 7) / 8 * 8; // so that the data are aligned
    ByteBuffer start = ByteBuffer.allocate(Long.BYTES + padded).order(ByteOrder.LITTLE_ENDIAN);
    start.putLong(padded).put(header);
    while (start.hasRemaining()) {
      start.put((byte) ' ');
    }
    stream.write(start.array());
    ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < vector.layout().size(); i++) {
      chunk.putDouble(vector.value(i));
      if (!chunk.hasRemaining() || i == vector.layout().size() - 1) {
        stream.write(chunk.array(), 0, chunk.position());
        chunk.clear();
      }
    }
  }
}
