package org.samplegrad.core.layers;

import com.google.auto.service.AutoService;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.ShapeRules;
import org.samplegrad.core.ops.Elementwise;
import org.samplegrad.core.ops.Shapes;

/**
 * The sum, the mean or the Euclidean norm over axes of each sample, as {@code torch.sum}, {@code
 * torch.mean} and {@code torch.linalg.vector_norm}.
 *
 * @param axes of one sample; negative ones count from the last
 * @param keepsAxes whether they stay, with extent 1
 */
public record AxisReduction(Kind kind, List<Integer> axes, boolean keepsAxes) implements Layer {

  /** What becomes of the elements along the axes. */
  public enum Kind {
    SUM,
    MEAN,
    NORM
  }

  public AxisReduction {
    axes = List.copyOf(axes);
  }

  private int[] positions(Shape inputShape) {
    return Axes.of(inputShape, axes.stream().mapToInt(Integer::intValue).toArray());
  }

  @Override
  public Shape outputShape(Shape inputShape) {
    int[] positions = positions(inputShape);
    Shape reduced = ShapeRules.reduced(inputShape, positions);
    if (keepsAxes) {
      return reduced;
    }
    return Shape.of(
        IntStream.range(0, inputShape.rank())
            .filter(axis -> Arrays.stream(positions).noneMatch(position -> position == axis))
            .map(inputShape::extent)
            .toArray());
  }

  @Override
  public Variable forward(List<Variable> parameters, Variable input) {
    Shape sample = input.shape().dropFirst();
    int[] positions = Arrays.stream(positions(sample)).map(axis -> 1 + axis).toArray();
    Shape output = outputShape(sample);
    Variable reduced =
        switch (kind) {
          case SUM -> Shapes.sum(input, positions);
          case MEAN ->
              Elementwise.scale(
                  Shapes.sum(input, positions), (double) output.size() / sample.size());
          case NORM -> Elementwise.sqrtOfSquares(Shapes.sum(Elementwise.square(input), positions));
        };
    return Shapes.reshape(reduced, output.prepend(input.shape().extent(0)));
  }

  /** Its names in model files. */
  @AutoService(LayerKind.Provider.class)
  public static final class CatalogueEntry implements LayerKind.Provider {
    @Override
    public List<LayerKind> kinds() {
      return List.of(
          new LayerKind("sum", options -> of(options, Kind.SUM)),
          new LayerKind("mean", options -> of(options, Kind.MEAN)),
          new LayerKind("norm", options -> of(options, Kind.NORM)),
          new LayerKind("globalavgpool", CatalogueEntry::ofChannels));
    }

    private static Layer of(LayerOptions options, Kind kind) {
      return new AxisReduction(kind, options.integers("axes"), options.flag("keep_axes", false));
    }

    /** The mean of each channel; PyTorch's adaptive average pool to one element. */
    private static Layer ofChannels(LayerOptions options) {
      List<Integer> axes = IntStream.range(1, options.inputShape().rank()).boxed().toList();
      return new AxisReduction(Kind.MEAN, axes, true);
    }
  }
}
