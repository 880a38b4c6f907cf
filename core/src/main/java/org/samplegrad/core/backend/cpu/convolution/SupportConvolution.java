package org.samplegrad.core.backend.cpu.convolution;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.samplegrad.core.backend.cpu.kernels.PatchKernels;
import org.samplegrad.core.backend.cpu.memory.CpuTensor;
import org.samplegrad.core.backend.cpu.memory.Memory;
import org.samplegrad.core.backend.cpu.memory.Scratch;
import org.samplegrad.core.backend.cpu.memory.Support;

/**
 * With an output gradient {@code u} that has a {@link Support}, as behind a max pool, all products
 * are sums over its few positions: of the patches around them, or of the weights that meet them.
 * {@link #product} gives the outputs at these positions only, as nothing becomes of the others.
 */
final class SupportConvolution implements SampleConvolution {
  /** Vectors that are added up together. */
  private static final int PIECE = 8;

  private final Memory memory;
  private final PatchKernels kernels;
  private final Patches patches;
  private final Support support;
  private final int outputs;

  /** A sample's image. */
  private final float[] image;

  /** The images that adjoints are added up in. */
  private final float[] adjoint;

  /** A patch. */
  private final float[] row;

  /** The quads of a patch. */
  private final List<Stretch> stretches;

  /** Elements of all quads of a patch. */
  private final int inQuads;

  /** The offsets of a patch's other vectors, in pieces of {@link #PIECE}. */
  private final int[][] offsets;

  /** Where the vectors of each piece lie in weights, one behind the other. */
  private final int[][] inTurn;

  /**
   * For each element of the support in a sample: where its patch or its weights begin, its value,
   * and a product.
   */
  private final int[] starts;

  private final float[] values;
  private final float[] products;

  /** Where the elements of each position begin, if they are ordered by position. */
  private final int[] rowPointers;

  /**
   * Quads that follow each other.
   *
   * @param offset in an image, from the base of a patch on
   * @param index in weights
   */
  private record Stretch(int offset, int index, int quads) {}

  /**
   * @param group whose support is also that of the products that are wanted
   */
  SupportConvolution(ConvolutionGroup group) {
    int lanes = group.kernels().lanes();
    this.memory = group.memory();
    this.kernels = group.kernels().patches();
    this.patches = group.patches();
    this.support = group.support();
    this.outputs = group.outputs();
    int most = support.mostPositions(outputs);
    this.image = memory.takeArray(patches.imageLength());
    this.adjoint = memory.takeArray(patches.imageLength());
    this.row = memory.takeArray(patches.patchLength());
    int quad = PatchKernels.QUAD * lanes;
    this.stretches = stretches(patches.quadOffsets(), quad);
    this.inQuads = patches.quadOffsets().length * quad;
    int vectors = patches.offsets().length;
    this.offsets = new int[(vectors + PIECE - 1) / PIECE][];
    this.inTurn = new int[offsets.length][];
    for (int i = 0; i < offsets.length; i++) {
      int first = i * PIECE;
      int last = Math.min(first + PIECE, vectors);
      offsets[i] = Arrays.copyOfRange(patches.offsets(), first, last);
      inTurn[i] = IntStream.range(first, last).map(v -> inQuads + v * lanes).toArray();
    }
    this.starts = new int[most];
    this.values = memory.takeArray(most);
    this.products = memory.takeArray(most);
    this.rowPointers = new int[patches.positions() + 1];
    Arrays.fill(image, 0f);
  }

  private static List<Stretch> stretches(int[] offsets, int quad) {
    List<Stretch> stretches = new ArrayList<>();
    for (int first = 0; first < offsets.length; ) {
      int next = first + 1;
      while (next < offsets.length
          && next < first + PatchKernels.MOST_QUADS
          && offsets[next] == offsets[next - 1] + quad) {
        next++;
      }
      stretches.add(new Stretch(offsets[first], first * quad, next - first));
      first = next;
    }
    return stretches;
  }

  @Override
  public int weightSize() {
    return outputs * patches.patchLength();
  }

  @Override
  public void packWeights(float[] weights, int first, Scratch packed) {
    patches.packWeights(weights, first, outputs, packed.array());
  }

  @Override
  public void unpackWeights(float[] packed, float[] weights, int first) {
    patches.unpackWeights(packed, outputs, weights, first);
  }

  @Override
  public void changed(Scratch packed) {
    // All is done with the Java arrays.
  }

  @Override
  public void unfold(float[] images, int first) {
    patches.load(images, first, image, 0);
  }

  /** Which image of the support an output of a group begins with. */
  private int imageAt(int output) {
    return output / patches.positions();
  }

  @Override
  public void product(Scratch weights, CpuTensor y, int target) {
    float[] out = y.sparse().values();
    for (int o = 0; o < outputs; o++) {
      int first = support.start(imageAt(target) + o);
      int count = support.start(imageAt(target) + o + 1) - first;
      for (int i = 0; i < count; i++) {
        starts[i] = patches.bases()[support.position(first + i)];
      }
      Arrays.fill(products, 0, count, 0f);
      int row = o * patches.patchLength();
      kernels.multiplyQuads(
          image, starts, count, patches.quadOffsets(), weights.array(), row, products);
      kernels.multiplyPatches(
          image, starts, count, patches.offsets(), weights.array(), row + inQuads, products);
      System.arraycopy(products, 0, out, first, count);
    }
  }

  @Override
  public void gradient(CpuTensor u, int first, Scratch gradient) {
    float[] factors = u.sparse().values();
    for (int o = 0; o < outputs; o++) {
      int start = support.start(imageAt(first) + o);
      int count = support.start(imageAt(first) + o + 1) - start;
      for (int i = 0; i < count; i++) {
        starts[i] = patches.bases()[support.position(start + i)];
      }
      System.arraycopy(factors, start, values, 0, count);
      int row = o * patches.patchLength();
      Arrays.fill(gradient.array(), row, row + inQuads, 0f);
      for (Stretch stretch : stretches) {
        kernels.addStretches(
            image,
            starts,
            values,
            0,
            count,
            stretch.offset(),
            stretch.quads(),
            gradient.array(),
            row + stretch.index());
      }
      kernels.sumPatches(
          image, starts, values, 0, count, patches.offsets(), gradient.array(), row + inQuads);
    }
    patches.clearBeyond(gradient.array(), outputs);
  }

  @Override
  public void addAdjoint(Scratch weights, CpuTensor u, int first, float[] images, int target) {
    orderByPosition(u.sparse().values(), first);
    Arrays.fill(adjoint, 0f);
    // A piece of all weights at a time, which the nearest cache holds.
    for (Stretch stretch : stretches) {
      for (int p = 0; p < patches.positions(); p++) {
        if (rowPointers[p] < rowPointers[p + 1]) {
          kernels.addStretches(
              weights.array(),
              starts,
              values,
              rowPointers[p],
              rowPointers[p + 1],
              stretch.index(),
              stretch.quads(),
              adjoint,
              patches.bases()[p] + stretch.offset());
        }
      }
    }
    for (int piece = 0; piece < offsets.length; piece++) {
      for (int p = 0; p < patches.positions(); p++) {
        if (rowPointers[p] < rowPointers[p + 1]) {
          kernels.sumPatches(
              weights.array(),
              starts,
              values,
              rowPointers[p],
              rowPointers[p + 1],
              inTurn[piece],
              row,
              0);
          kernels.addToPatch(row, adjoint, patches.bases()[p], offsets[piece]);
        }
      }
    }
    patches.addTo(images, target, adjoint);
  }

  /** Puts the starts of the weights that meet each position, and the values, one after another. */
  private void orderByPosition(float[] factors, int first) {
    int start = support.start(imageAt(first));
    int end = support.start(imageAt(first) + outputs);
    Arrays.fill(rowPointers, 0);
    for (int i = start; i < end; i++) {
      rowPointers[support.position(i)]++;
    }
    int sum = 0;
    for (int p = 0; p < rowPointers.length; p++) {
      sum += rowPointers[p];
      rowPointers[p] = sum;
    }
    // From the end, so that each start has moved to its place when all is filled in.
    for (int o = outputs - 1; o >= 0; o--) {
      int from = support.start(imageAt(first) + o);
      for (int i = support.start(imageAt(first) + o + 1) - 1; i >= from; i--) {
        int position = support.position(i);
        int next = --rowPointers[position];
        starts[next] = o * patches.patchLength();
        values[next] = factors[i];
      }
    }
  }

  @Override
  public Support support() {
    return support;
  }

  @Override
  public boolean writesArrays() {
    return true;
  }

  @Override
  public void close() {
    memory.giveBack(image);
    memory.giveBack(adjoint);
    memory.giveBack(row);
    memory.giveBack(values);
    memory.giveBack(products);
  }
}
