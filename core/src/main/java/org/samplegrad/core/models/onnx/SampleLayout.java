package org.samplegrad.core.models.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.samplegrad.core.backend.Shape;

/**
 * Where a value in the file has its samples. In the graph they are first; a file may move them, and
 * may put them along one axis with others, as attention does with its heads: {@code [n * heads,
 * positions, features]}, or {@code [positions * n, features]}.
 *
 * @param axis of the file's value, with the samples
 * @param outer 1 if that axis is one of the sample's own times the samples, 0 otherwise
 * @param inner 1 if it is the samples times one of the sample's own, 0 otherwise
 */
record SampleLayout(int axis, int outer, int inner) {
  static final SampleLayout FIRST = new SampleLayout(0, 0, 0);

  boolean isFirst() {
    return equals(FIRST);
  }

  /** The number of axes in the file for a sample of a shape. */
  int rank(Shape sample) {
    return sample.rank() + 1 - outer - inner;
  }

  /** The axis of a sample for an axis of the file that is not that of the samples. */
  int ofSample(int fileAxis) {
    return fileAxis < axis ? fileAxis : fileAxis - 1 + outer + inner;
  }

  /** The axes of a sample along an axis of the file. */
  private IntStream along(int fileAxis) {
    return fileAxis == axis
        ? IntStream.range(axis, axis + outer + inner)
        : IntStream.of(ofSample(fileAxis));
  }

  /** The extents in the file, with {@link StaticTensor#BATCH} for the number of samples. */
  long[] extents(Shape sample) {
    long[] extents = new long[rank(sample)];
    for (int fileAxis = 0; fileAxis < extents.length; fileAxis++) {
      extents[fileAxis] =
          along(fileAxis)
              .mapToLong(sample::extent)
              .reduce(fileAxis == axis ? StaticTensor.BATCH : 1, Math::multiplyExact);
    }
    return extents;
  }

  /** The order of a sample's axes for an order of the file's. */
  List<Integer> permutation(int[] fileAxes) {
    return Arrays.stream(fileAxes).flatMap(this::along).boxed().toList();
  }

  /** After the file's axes were put in another order. */
  SampleLayout permuted(int[] fileAxes) {
    int to =
        IntStream.range(0, fileAxes.length).filter(i -> fileAxes[i] == axis).findFirst().orElse(0);
    return new SampleLayout(to, outer, inner);
  }

  /** After axes before that of the samples became more or fewer. */
  SampleLayout moved(int by) {
    return new SampleLayout(axis + by, outer, inner);
  }

  /** The shape of one sample for extents in the file with 1 along the axis of the samples. */
  Shape withoutSamples(int[] extents) {
    List<Integer> sample = new ArrayList<>();
    for (int fileAxis = 0; fileAxis < extents.length; fileAxis++) {
      int extent = extents[fileAxis];
      along(fileAxis).forEach(one -> sample.add(extent));
    }
    return Shape.of(sample.stream().mapToInt(Integer::intValue).toArray());
  }

  /**
   * A value after a reshape: the shape of one sample and where the samples are.
   *
   * @param sample in the order of the file's elements
   */
  record Reshaped(Shape sample, SampleLayout layout) {}

  /**
   * What a reshape in the file makes of samples, null if it does not keep them apart. Elements keep
   * their order, so what is before the samples must stay before them and what is after, after.
   *
   * @param target extents, one of them the number of samples times others, or -1
   * @param fixedBatch the number of samples that the file was exported for, if it is fixed
   */
  Reshaped reshape(Shape sample, long[] target, long fixedBatch) {
    List<Reshaped> found = new ArrayList<>();
    boolean named = Arrays.stream(target).anyMatch(SampleCount::isIn);
    for (int place = 0; place < target.length; place++) {
      boolean mayHold =
          SampleCount.isIn(target[place])
              || !named && (target[place] == -1 || fixedBatch != StaticTensor.BATCH);
      Reshaped reshaped = mayHold ? reshape(sample, target, place, fixedBatch) : null;
      if (reshaped != null) {
        found.add(reshaped);
      }
    }
    return found.size() == 1 ? found.get(0) : null;
  }

  private Reshaped reshape(Shape sample, long[] target, int place, long fixedBatch) {
    long before = product(sample, 0, axis + outer);
    long after = product(sample, axis + outer, sample.rank());
    long[] known = target.clone();
    long held = held(known, place, fixedBatch);
    known[place] = 1;
    int open = IntStream.range(0, known.length).filter(i -> known[i] == -1).findFirst().orElse(-1);
    if (open >= 0) {
      known[open] = 1;
      long rest = Arrays.stream(known).reduce(Math.max(1, held), Math::multiplyExact);
      if (held < 0 || rest == 0 || before * after % rest != 0) {
        return null;
      }
      known[open] = before * after / rest;
    }
    if (Arrays.stream(known).anyMatch(extent -> extent < 1 || extent > Integer.MAX_VALUE)) {
      return null;
    }
    long first = Arrays.stream(known, 0, place).reduce(1, Math::multiplyExact);
    long last = Arrays.stream(known, place, known.length).reduce(1, Math::multiplyExact);
    if (before % first != 0 || after % last != 0) {
      return null;
    }
    long outerExtent = before / first;
    long innerExtent = after / last;
    if (held >= 0 && held != outerExtent * innerExtent) {
      return null;
    }
    List<Integer> extents = new ArrayList<>();
    for (int i = 0; i < known.length; i++) {
      if (i != place) {
        extents.add((int) known[i]);
        continue;
      }
      if (outerExtent > 1) {
        extents.add((int) outerExtent);
      }
      if (innerExtent > 1) {
        extents.add((int) innerExtent);
      }
    }
    return new Reshaped(
        Shape.of(extents.stream().mapToInt(Integer::intValue).toArray()),
        new SampleLayout(place, outerExtent > 1 ? 1 : 0, innerExtent > 1 ? 1 : 0));
  }

  /** What an extent holds beside the samples; -1 if it is open. */
  private static long held(long[] target, int place, long fixedBatch) {
    long extent = target[place];
    if (extent == -1) {
      return -1;
    }
    long count = SampleCount.isIn(extent) ? StaticTensor.BATCH : fixedBatch;
    return extent % count == 0 ? extent / count : Long.MAX_VALUE;
  }

  private static long product(Shape shape, int from, int to) {
    return IntStream.range(from, to).mapToLong(shape::extent).reduce(1, Math::multiplyExact);
  }
}
