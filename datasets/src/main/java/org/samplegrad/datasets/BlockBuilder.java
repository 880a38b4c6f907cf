package org.samplegrad.datasets;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.losses.TargetSpec;
import org.samplegrad.core.passes.Block;

/**
 * Gathers samples into a block. A sample is written through {@link #features()} and {@link
 * #label()} and counts once {@link #commit()} is called: one that turns out bad is overwritten by
 * the next.
 */
public final class BlockBuilder {
  private final SampleFormat format;
  private final int capacity;
  private final int featureCount;
  private final int targetCount;
  private final NumberSink features = new Features();
  private final NumberSink label = new Label();

  private static final String ONE_PER_CLASS =
      ". One number for each class, as of a one-hot label, is what --loss cross-entropy takes with"
          + " --loss-option target=probabilities";

  /** The numbers that bytes are by themselves. */
  private static final float[] UNSIGNED = unsigned();

  private float[] floats;
  private double[] doubles;

  /** Bytes as long as all samples of the block come as bytes and mean numbers of one table. */
  private byte[] bytes;

  private float[] lookupTable;
  private double[] targets;
  private int samples;

  /**
   * @param capacity samples per block, at least 1
   */
  public BlockBuilder(SampleFormat format, int capacity) {
    this.format = format;
    this.capacity = capacity;
    this.featureCount = format.sampleShape().size();
    this.targetCount = format.target().perSample();
    allocate();
  }

  private static float[] unsigned() {
    float[] values = new float[256];
    for (int code = 0; code < values.length; code++) {
      values[code] = code;
    }
    return values;
  }

  private void allocate() {
    floats = null;
    doubles = null;
    bytes = null;
    lookupTable = null;
    targets = new double[Math.multiplyExact(capacity, targetCount)];
    samples = 0;
  }

  /** Makes room for numbers; a sample that came as bytes and was not committed is forgotten. */
  private void holdNumbers() {
    if (floats != null || doubles != null) {
      return;
    }
    int length = Math.multiplyExact(capacity, featureCount);
    if (format.precision() == Precision.FLOAT32) {
      floats = new float[length];
    } else {
      doubles = new double[length];
    }
    for (int i = 0; i < samples * featureCount; i++) {
      put(i, lookupTable[bytes[i] & 0xff]);
    }
    bytes = null;
  }

  private void put(int index, float value) {
    if (doubles != null) {
      doubles[index] = value;
    } else {
      floats[index] = value;
    }
  }

  public NumberSink features() {
    return features;
  }

  public NumberSink label() {
    return label;
  }

  /** Counts the sample that was written. */
  public void commit() {
    samples++;
  }

  public boolean isFull() {
    return samples == capacity;
  }

  public boolean isEmpty() {
    return samples == 0;
  }

  /** The samples counted so far, at least one, as a block; the next sample starts another. */
  public Block build() {
    double[] blockTargets = Arrays.copyOf(targets, samples * targetCount);
    Block block = bytes != null ? ofBytes(blockTargets) : numbers(blockTargets);
    allocate();
    return block;
  }

  private Block ofBytes(double[] blockTargets) {
    return Block.of(
        samples,
        format.sampleShape(),
        isFull() ? bytes : Arrays.copyOf(bytes, samples * featureCount),
        lookupTable,
        blockTargets);
  }

  private Block numbers(double[] blockTargets) {
    return floats != null
        ? Block.of(
            samples,
            format.sampleShape(),
            isFull() ? floats : Arrays.copyOf(floats, samples * featureCount),
            blockTargets)
        : Block.of(
            samples,
            format.sampleShape(),
            isFull() ? doubles : Arrays.copyOf(doubles, samples * featureCount),
            blockTargets);
  }

  private String wrongLength(int found, String expected) {
    return "has %d number%s; expected %s".formatted(found, found == 1 ? "" : "s", expected);
  }

  private final class Features implements NumberSink {
    @Override
    public int length() {
      return featureCount;
    }

    private String lengthProblem(int found) {
      return found == featureCount
          ? null
          : wrongLength(
              found, "%d, for samples of shape %s".formatted(featureCount, format.sampleShape()));
    }

    /**
     * One of the two shapes must be a finer division of the other: {@code [28, 28]} is laid into
     * {@code [1, 28, 28]} or {@code [784]}, but {@code [32, 32, 3]} is no {@code [3, 32, 32]}.
     */
    @Override
    public String arrangementProblem(int[] extents) {
      Set<Integer> found = strides(extents);
      Set<Integer> expected = strides(format.sampleShape().extents());
      return found.containsAll(expected) || expected.containsAll(found)
          ? null
          : "has nested arrays of the shape %s; expected %s"
              .formatted(Arrays.toString(extents), format.sampleShape());
    }

    private static Set<Integer> strides(int[] extents) {
      Set<Integer> strides = new HashSet<>();
      int stride = 1;
      for (int axis = extents.length - 1; axis >= 0; axis--) {
        strides.add(stride);
        stride *= extents[axis];
      }
      strides.add(stride);
      return strides;
    }

    @Override
    public String take(float[] values) {
      String problem = lengthProblem(values.length);
      if (problem != null) {
        return problem;
      }
      holdNumbers();
      int offset = samples * featureCount;
      if (floats != null) {
        System.arraycopy(values, 0, floats, offset, featureCount);
      }
      for (int i = 0; i < featureCount; i++) {
        if (!Float.isFinite(values[i])) {
          return notFinite(i, values[i]);
        }
        if (doubles != null) {
          doubles[offset + i] = values[i];
        }
      }
      return null;
    }

    @Override
    public String take(double[] values) {
      String problem = lengthProblem(values.length);
      if (problem != null) {
        return problem;
      }
      holdNumbers();
      int offset = samples * featureCount;
      for (int i = 0; i < featureCount; i++) {
        if (!Double.isFinite(values[i])) {
          return notFinite(i, values[i]);
        }
        if (doubles != null) {
          doubles[offset + i] = values[i];
        } else {
          floats[offset + i] = (float) values[i];
          if (!Float.isFinite(floats[offset + i])) {
            return "holds %s at position %d, too large for float32; use --precision float64"
                .formatted(values[i], i);
          }
        }
      }
      return null;
    }

    @Override
    public String take(byte[] values) {
      String problem = lengthProblem(values.length);
      return problem != null ? problem : take(values, 0, UNSIGNED);
    }

    @Override
    public String take(byte[] source, int first, float[] sourceTable) {
      if (samples == 0) {
        floats = null;
        doubles = null;
        bytes = bytes != null ? bytes : new byte[Math.multiplyExact(capacity, featureCount)];
        lookupTable = sourceTable;
      }
      int offset = samples * featureCount;
      if (bytes != null && lookupTable == sourceTable) {
        System.arraycopy(source, first, bytes, offset, featureCount);
        return null;
      }
      holdNumbers();
      for (int i = 0; i < featureCount; i++) {
        put(offset + i, sourceTable[source[first + i] & 0xff]);
      }
      return null;
    }

    private String notFinite(int position, double value) {
      return "holds %s at position %d; every feature must be a finite number"
          .formatted(value, position);
    }
  }

  private final class Label implements NumberSink {
    @Override
    public int length() {
      return targetCount;
    }

    @Override
    public String arrangementProblem(int[] extents) {
      return null;
    }

    /** As one-hot labels and probabilities are. */
    private boolean isOnePerClass(int count) {
      return format.target() instanceof TargetSpec.ClassIndex index
          && count == (long) index.classes() * index.perSample();
    }

    @Override
    public String take(double[] values) {
      TargetSpec target = format.target();
      if (values.length != targetCount) {
        return wrongLength(values.length, target.description())
            + (isOnePerClass(values.length) ? ONE_PER_CLASS : "");
      }
      for (int i = 0; i < targetCount; i++) {
        String problem = target.problem(values[i]);
        if (problem != null) {
          return "cannot be used: " + problem;
        }
        targets[samples * targetCount + i] = values[i];
      }
      return null;
    }

    @Override
    public String take(float[] values) {
      double[] wide = new double[values.length];
      for (int i = 0; i < wide.length; i++) {
        wide[i] = values[i];
      }
      return take(wide);
    }

    @Override
    public String take(byte[] values) {
      double[] wide = new double[values.length];
      for (int i = 0; i < wide.length; i++) {
        wide[i] = values[i] & 0xff;
      }
      return take(wide);
    }
  }
}
