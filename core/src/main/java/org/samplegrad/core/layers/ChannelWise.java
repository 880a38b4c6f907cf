package org.samplegrad.core.layers;

import static org.samplegrad.core.ops.Shapes.reshape;
import static org.samplegrad.core.ops.Shapes.sum;

import java.util.stream.IntStream;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;

/**
 * One number for each channel of images {@code [n,c,...]}, or one for all.
 *
 * @param channels {@code c}, or 1
 */
record ChannelWise(int channels) {

  /** {@code [c] -> [c, 1, ...]}, which broadcasts to arrays of the given shape. */
  Variable aligned(Variable x, Shape images) {
    int[] extents = IntStream.generate(() -> 1).limit(Math.max(1, images.rank() - 1)).toArray();
    extents[0] = channels;
    return reshape(x, Shape.of(extents));
  }

  /** The sums over each channel of each sample, {@code [n,c,...] -> [n,c]}. */
  Variable summed(Variable images) {
    int first = channels == 1 ? 1 : 2;
    int[] axes = IntStream.range(first, images.shape().rank()).toArray();
    return reshape(sum(images, axes), Shape.of(images.shape().extent(0), channels));
  }
}
