package org.samplegrad.core.layers;

import static org.samplegrad.core.ops.Elementwise.multiply;
import static org.samplegrad.core.ops.Shapes.reshape;

import com.google.auto.service.AutoService;
import java.util.List;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Window;
import org.samplegrad.core.ops.Convolutions;

/**
 * The mean of each window of each channel, as {@code torch.nn.AvgPool1d}, {@code AvgPool2d} and
 * {@code AvgPool3d}. What a window that is rounded up covers beyond the padding is never counted.
 *
 * @param countsPadding whether padding counts as zeros (PyTorch's {@code count_include_pad})
 */
public record AveragePool(Window window, boolean countsPadding) implements Layer {

  @Override
  public Shape outputShape(Shape inputShape) {
    return new Sliding("avgpool", window).pooledShape(inputShape);
  }

  /** The unfolded windows. */
  @Override
  public long scratchElements(Shape inputShape) {
    return (long) window.kernelSize() * outputShape(inputShape).size();
  }

  /** A convolution of each channel with ones, divided by what each window counts. */
  @Override
  public Variable forward(List<Variable> parameters, Variable input) {
    Shape shape = input.shape();
    Backend backend = input.backend();
    int planes = shape.extent(0) * shape.extent(1);
    Shape image = shape.dropFirst().dropFirst();
    Shape kernel = Shape.of(window.kernel()).prepend(1).prepend(1);
    Variable ones = Variable.constant(backend.fill(kernel, 1));
    Variable sums =
        Convolutions.convolve(reshape(input, image.prepend(1).prepend(planes)), ones, window, 1);
    Shape pooled = outputShape(shape.dropFirst());
    Variable shares =
        Variable.constant(backend.tensor(pooled.dropFirst(), shares(image.extents())));
    return reshape(multiply(sums, shares), pooled.prepend(shape.extent(0)));
  }

  /** One over the number of elements that each window counts, row-major. */
  private double[] shares(int[] extents) {
    double[] shares = {1};
    for (int axis = 0; axis < extents.length; axis++) {
      int outputs = window.outputExtent(axis, extents[axis]);
      double[] longer = new double[shares.length * outputs];
      for (int p = 0; p < longer.length; p++) {
        longer[p] = shares[p / outputs] / counted(axis, p % outputs, extents[axis]);
      }
      shares = longer;
    }
    return shares;
  }

  private int counted(int axis, int position, int extent) {
    int from = countsPadding ? -window.paddingBefore(axis) : 0;
    long to = countsPadding ? (long) extent + window.paddingAfter(axis) : extent;
    long start = (long) position * window.stride(axis) - window.paddingBefore(axis);
    int counted = 0;
    for (int k = 0; k < window.kernel(axis); k++) {
      long place = start + (long) k * window.dilation(axis);
      counted += place >= from && place < to ? 1 : 0;
    }
    return counted;
  }

  /** Its names in model files. */
  @AutoService(LayerKind.Provider.class)
  public static final class CatalogueEntry implements LayerKind.Provider {
    @Override
    public List<LayerKind> kinds() {
      return List.of(
          new LayerKind("avgpool1d", options -> of(options, 1)),
          new LayerKind("avgpool2d", options -> of(options, 2)),
          new LayerKind("avgpool3d", options -> of(options, 3)));
    }

    private static Layer of(LayerOptions options, int axes) {
      boolean roundsUp = options.flag("ceil_mode", false);
      return new AveragePool(
          options.window(axes, true).roundingUp(roundsUp), options.flag("count_include_pad", true));
    }
  }
}
