package org.samplegrad.core.layers;

import com.google.auto.service.AutoService;
import java.util.List;
import java.util.stream.IntStream;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Indices;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.ops.Selection;

/**
 * The elements at some positions along an axis of each sample, in their order and as often as they
 * are named, as {@code torch.index_select}.
 *
 * @param axis of one sample; negative ones count from the last
 */
public record Take(int axis, List<Integer> positions) implements Layer {

  /**
   * @throws IllegalArgumentException if no position is named
   */
  public Take {
    positions = List.copyOf(positions);
    if (positions.isEmpty()) {
      throw new IllegalArgumentException("Nothing is taken along the axis %d".formatted(axis));
    }
  }

  @Override
  public Shape outputShape(Shape inputShape) {
    int along = Axes.of(inputShape, axis);
    int extent = inputShape.extent(along);
    for (int position : positions) {
      if (position < 0 || position >= extent) {
        throw new IllegalArgumentException(
            "The position %d is taken along the axis %d of the shape %s"
                .formatted(position, along, inputShape));
      }
    }
    int[] extents = inputShape.extents();
    extents[along] = positions.size();
    return Shape.of(extents);
  }

  @Override
  public Variable forward(List<Variable> parameters, Variable input) {
    Shape sample = input.shape().dropFirst();
    Shape output = outputShape(sample).prepend(input.shape().extent(0));
    int along = Axes.of(sample, axis);
    int extent = sample.extent(along);
    int inner =
        IntStream.range(along + 1, sample.rank()).map(sample::extent).reduce(1, (a, b) -> a * b);
    int taken = positions.size();
    int[] from = new int[output.size()];
    for (int i = 0; i < from.length; i++) {
      int line = i / inner;
      from[i] = (line / taken * extent + positions.get(line % taken)) * inner + i % inner;
    }
    return Selection.gather(input, new Indices(output, from));
  }

  /** Its names in model files. */
  @AutoService(LayerKind.Provider.class)
  public static final class CatalogueEntry implements LayerKind.Provider {
    @Override
    public List<LayerKind> kinds() {
      return List.of(
          new LayerKind(
              "take",
              options -> new Take(options.integer("axis", 0), options.integers("positions"))));
    }
  }
}
