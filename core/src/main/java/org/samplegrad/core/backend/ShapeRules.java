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

  /** The windows of images {@code [n,c,h,w]} with another channel count, {@code [n,o,h',w']}. */
  private static Shape windows(Shape images, int channels, Window window) {
    requireRank(4, "A batch of images", images);
    int height = window.outputHeight(images.extent(2));
    int width = window.outputWidth(images.extent(3));
    require(
        height > 0 && width > 0,
        "A kernel of %d x %d does not fit into padded images of the shape %s",
        window.kernelHeight(),
        window.kernelWidth(),
        images);
    return Shape.of(images.extent(0), channels, height, width);
  }

  /** {@code [n,c,h,w], [o,c/groups,kh,kw] -> [n,o,h',w']}. */
  public static Shape convolution(Shape images, Shape weight, Window window, int groups) {
    requireRank(4, "A batch of images", images);
    requireRank(4, "The weight of a convolution", weight);
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
        Shape.of(outputs, channels / groups, window.kernelHeight(), window.kernelWidth()),
        weight);
    return windows(images, outputs, window);
  }

  public static void requireConvolution(
      Shape images, Shape weight, Shape output, Window window, int groups) {
    requireShape("This convolution's output", convolution(images, weight, window, groups), output);
  }

  /** {@code [n,c,h,w] -> [n,c*kh*kw,p]}. */
  public static Shape unfolded(Shape images, Window window) {
    requireRank(4, "A batch of images", images);
    Shape windows = windows(images, images.extent(1), window);
    return Shape.of(
        images.extent(0),
        images.extent(1) * window.kernelSize(),
        windows.extent(2) * windows.extent(3));
  }

  public static void requireUnfolded(Shape columns, Shape images, Window window) {
    requireShape("The unfolded windows", unfolded(images, window), columns);
  }

  /** {@code [n,c,h,w] -> [n,c,h',w']}, where each window holds an element of the image. */
  public static Shape pooled(Shape images, Window window) {
    requireRank(4, "A batch of images", images);
    Shape windows = windows(images, images.extent(1), window);
    require(
        window.coversInput(images.extent(2), images.extent(3)),
        "A window over images of the shape %s holds nothing but padding",
        images);
    return windows;
  }

  public static void requireGather(Shape from, Indices indices) {
    for (int i = 0; i < indices.size(); i++) {
      require(
          indices.position(i) >= 0 && indices.position(i) < from.size(),
          "The position %d is not one of the %d elements of the shape %s",
          indices.position(i),
          from.size(),
          from);
    }
  }

  public static void requireScatter(Shape from, Indices indices, Shape to) {
    requireShape("An array to scatter", indices.shape(), from);
    requireGather(to, indices);
  }
}
