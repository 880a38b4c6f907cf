package org.samplegrad.core.backend.cpu.kernels;

/**
 * Loops whose arrays are read at different indices, which the compiler does not vectorise by
 * itself: written with Java's vector instructions, an incubating module that a program must ask for
 * with {@code --add-modules jdk.incubator.vector}. Without it they are plain loops, and the backend
 * does the longer work by matrix products.
 *
 * <p>An array is read in pieces of {@link #lanes} elements, also where only some of them are meant,
 * so it must go on for so many behind its last element.
 */
public interface VectorKernels {
  /** By vectors, if this program was started with the module. */
  static VectorKernels find() {
    return Found.KERNELS;
  }

  /**
   * By plain loops.
   *
   * @param lanes elements of what stands for a vector
   */
  static VectorKernels plain(int lanes) {
    return new PlainVectorKernels(lanes);
  }

  /** Whether this is faster than matrix products and loops over whole arrays. */
  boolean areVectors();

  /** Elements of a vector. */
  int lanes();

  /** For convolutions. */
  PatchKernels patches();

  /** For products. */
  TileKernels tiles();

  /** {@code to[target + i] += from[first + i]} for {@code i < length}. */
  void add(float[] from, int first, float[] to, int target, int length);

  /** {@code y[i] = (bytes[i] - 128) step + center} for unsigned bytes. */
  void decode(byte[] bytes, AffineTable table, float[] y);

  /**
   * {@code y[i] = exp(x[i])} for {@code i < length}, to within a few units in the last place; 0 and
   * infinity where it is beyond float32, NaN of NaN.
   */
  void exp(float[] x, float[] y, int length);

  float sumOfSquares(float[] x, int from, int to);

  /** Whether all elements are finite numbers. */
  boolean areFinite(float[] x, int from, int to);

  /**
   * For a vector of windows which of their elements is the largest, {@code chosen[target + l]}: the
   * first number {@code k} of those with the largest {@code x[base + offsets[k] + l]}, and {@code
   * otherwise[target + l]} where all are negative infinity. None may be NaN.
   */
  void chooseLargest(
      float[] x, int base, int[] offsets, float[] otherwise, float[] chosen, int target);

  /** Looks for the kernels once. */
  final class Found {
    private static final String MODULE = "jdk.incubator.vector";
    private static final String KERNELS_CLASS =
        "org.samplegrad.core.backend.cpu.kernels.incubator.IncubatorVectorKernels";

    static final VectorKernels KERNELS = find();

    private Found() {}

    private static VectorKernels find() {
      if (ModuleLayer.boot().findModule(MODULE).isEmpty()) {
        return plain(1);
      }
      try {
        // By name, because the class does not load without the module.
        Object kernels = Class.forName(KERNELS_CLASS).getDeclaredConstructor().newInstance();
        return (VectorKernels) kernels;
      } catch (ReflectiveOperationException | LinkageError e) {
        // A later Java may have changed a module that still incubates.
        return plain(1);
      }
    }
  }
}
