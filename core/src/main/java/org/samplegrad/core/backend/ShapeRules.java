package org.samplegrad.core.backend;

import java.util.Arrays;

/**
 * The shape of each primitive's result for the shapes of its inputs. Every backend asks here before
 * it computes, so that all refuse the same calls in the same words; each method throws {@link
 * IllegalArgumentException} for shapes that do not fit.
 */
public final class ShapeRules {
  private ShapeRules() {}

  private static void require(boolean condition, String message, Object... arguments) {
    if (!condition) {
      throw new IllegalArgumentException(message.formatted(arguments));
    }
  }

  private static void requireRank(int rank, String what, Shape shape) {
    require(shape.rank() == rank, "%s has %d axes, found the shape %s", what, rank, shape);
  }

  private static void requireShape(String what, Shape expected, Shape found) {
    require(expected.equals(found), "%s has the shape %s, found %s", what, expected, found);
  }

  public static void requireSize(Shape shape, int size) {
    require(shape.size() == size, "%d values do not fill the shape %s", size, shape);
  }

  public static void requireSameShape(Shape expected, Shape found) {
    requireShape("The other array", expected, found);
  }

  /** The extent of the first axis, {@code [n, ...] -> n}. */
  public static int samples(Shape shape) {
    require(shape.rank() > 0, "A scalar has no sample axis");
    return shape.extent(0);
  }

  public static Shape reduced(Shape shape, int... axes) {
    boolean[] seen = new boolean[shape.rank()];
    int[] extents = shape.extents();
    for (int axis : axes) {
      require(
          axis >= 0 && axis < extents.length && !seen[axis],
          "The axes %s are not distinct axes of the shape %s",
          Arrays.toString(axes),
          shape);
      seen[axis] = true;
      extents[axis] = 1;
    }
    return Shape.of(extents);
  }

  public static Shape transposed(Shape shape, int... axes) {
    reduced(shape, axes);
    require(
        axes.length == shape.rank(),
        "The axes %s are not a permutation of those of the shape %s",
        Arrays.toString(axes),
        shape);
    return Shape.of(Arrays.stream(axes).map(shape::extent).toArray());
  }

  public static void requireBroadcast(Shape from, Shape to) {
    require(Shape.broadcast(from, to).equals(to), "Shape %s does not broadcast to %s", from, to);
  }

  public static Shape matmul(Shape a, boolean transposeA, Shape b, boolean transposeB) {
    require(
        a.rank() == b.rank()
            && (a.rank() == 2 || a.rank() == 3 && a.extent(0) == b.extent(0))
            && a.extent(transposeA ? -2 : -1) == b.extent(transposeB ? -1 : -2),
        "Cannot multiply %s%s by %s%s",
        a,
        transposeA ? " transposed" : "",
        b,
        transposeB ? " transposed" : "");
    int[] extents = a.extents();
    extents[extents.length - 2] = a.extent(transposeA ? -1 : -2);
    extents[extents.length - 1] = b.extent(transposeB ? -2 : -1);
    return Shape.of(extents);
  }

  /** {@code [n,g,o,p], [n,g,i,p] -> [g,o,i]}. */
  public static Shape sampleProductSum(Shape u, Shape a, Shape v, Shape b) {
    requireRank(4, "The first factor of a sample product", u);
    requireRank(4, "The second factor of a sample product", a);
    requireShape(
        "The second factor of a sample product",
        Shape.of(u.extent(0), u.extent(1), a.extent(2), u.extent(3)),
        a);
    requireShape("The first factor of the other sample product", u, v);
    requireShape("The second factor of the other sample product", a, b);
    return Shape.of(u.extent(1), u.extent(2), a.extent(2));
  }

  /** {@code [g,o,i], [n,g,o,p], [n,g,i,p] -> [n,g,o,p]}. */
  public static Shape weightedSampleProduct(Shape c, Shape v, Shape b, Shape a) {
    requireShape("The weight of a sample product", sampleProductSum(v, b, v, b), c);
    requireShape("The last factor of a weighted sample product", b, a);
    return v;
  }

  /** The windows of images {@code [n,c,...]} with another channel count, {@code [n,o,...']}. */
  private static Shape windows(Shape images, int channels, Window window) {
    requireRank(2 + window.axes(), "A batch of images", images);
    int[] extents = images.extents();
    extents[1] = channels;
    for (int axis = 0; axis < window.axes(); axis++) {
      extents[2 + axis] = window.outputExtent(axis, images.extent(2 + axis));
      require(
          extents[2 + axis] > 0,
          "A kernel of %s does not fit into padded images of the shape %s",
          window.kernelText(),
          images);
    }
    return Shape.of(extents);
  }

  /** The extents of images after the sample and channel axes. */
  public static int[] spatialExtents(Shape images) {
    return Arrays.copyOfRange(images.extents(), 2, images.rank());
  }

  /** {@code [n,c,...], [o,c/groups,k...] -> [n,o,...']}. */
  public static Shape convolution(Shape images, Shape weight, Window window, int groups) {
    requireRank(2 + window.axes(), "A batch of images", images);
    requireRank(2 + window.axes(), "The weight of a convolution", weight);
    int channels = images.extent(1);
    int outputs = weight.extent(0);
    require(
        groups > 0 && channels % groups == 0 && outputs % groups == 0,
        "%d channels and %d outputs are not multiples of %d groups",
        channels,
        outputs,
        groups);
    requireShape(
        "The weight of this convolution",
        Shape.of(window.kernel()).prepend(channels / groups).prepend(outputs),
        weight);
    return windows(images, outputs, window);
  }

  public static void requireConvolution(
      Shape images, Shape weight, Shape output, Window window, int groups) {
    requireShape("This convolution's output", convolution(images, weight, window, groups), output);
  }

  /** {@code [n,c,...] -> [n,c*k,p]} for windows of {@code k} elements at {@code p} positions. */
  public static Shape unfolded(Shape images, Window window) {
    requireRank(2 + window.axes(), "A batch of images", images);
    Shape windows = windows(images, images.extent(1), window);
    return Shape.of(
        images.extent(0),
        images.extent(1) * window.kernelSize(),
        Shape.of(spatialExtents(windows)).size());
  }

  public static void requireUnfolded(Shape columns, Shape images, Window window) {
    requireShape("The unfolded windows", unfolded(images, window), columns);
  }

  /** {@code [n,c,...] -> [n,c,...']}, where each window holds an element of the image. */
  public static Shape pooled(Shape images, Window window) {
    requireRank(2 + window.axes(), "A batch of images", images);
    Shape windows = windows(images, images.extent(1), window);
    require(
        window.coversInput(spatialExtents(images)),
        "A window over images of the shape %s holds nothing but padding",
        images);
    return windows;
  }

  /** The elements {@code from} to {@code to - 1} along an axis. */
  public static Shape sliced(Shape shape, int axis, int from, int to) {
    require(
        axis >= 0 && axis < shape.rank() && from >= 0 && from < to && to <= shape.extent(axis),
        "There are no elements %d to %d (exclusive) along the axis %d of the shape %s",
        from,
        to,
        axis,
        shape);
    int[] extents = shape.extents();
    extents[axis] = to - from;
    return Shape.of(extents);
  }

  /** With that many zeros before and after an axis. */
  public static Shape padded(Shape shape, int axis, int before, int after) {
    boolean possible = axis >= 0 && axis < shape.rank() && before >= 0 && after >= 0;
    require(
        possible && (long) shape.extent(axis) + before + after <= Integer.MAX_VALUE,
        "Cannot pad the axis %d of the shape %s by %d and %d",
        axis,
        shape,
        before,
        after);
    int[] extents = shape.extents();
    extents[axis] += before + after;
    return Shape.of(extents);
  }

  public static void requireGather(Shape from, Indices indices) {
    require(
        indices.fit(from.size()),
        "The position %d is not one of the %d elements of the shape %s",
        indices.misfit(),
        from.size(),
        from);
  }

  public static void requireScatter(Shape from, Indices indices, Shape to) {
    requireShape("An array to scatter", indices.shape(), from);
    requireGather(to, indices);
  }
}
