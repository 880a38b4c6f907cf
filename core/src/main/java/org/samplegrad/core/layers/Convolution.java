package org.samplegrad.core.layers;

import com.google.auto.service.AutoService;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.samplegrad.core.autograd.Variable;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Window;
import org.samplegrad.core.ops.Convolutions;
import org.samplegrad.core.persample.ConvolutionGradient;
import org.samplegrad.core.persample.PerSampleGradient;

/**
 * Convolution (cross-correlation) over one to three spatial axes, as {@code torch.nn.Conv1d},
 * {@code Conv2d} and {@code Conv3d}: {@code [n,c,...] -> [n,o,...']} with a weight {@code [o,
 * c/groups, k...]}.
 *
 * @param bias whether there is one, {@code [o]}
 */
public record Convolution(int inputs, int outputs, Window window, int groups, boolean bias)
    implements ParametricLayer {

  /**
   * @throws IllegalArgumentException if a channel count is not a positive multiple of {@code
   *     groups}
   */
  public Convolution {
    if (groups < 1 || inputs < 1 || outputs < 1 || inputs % groups != 0 || outputs % groups != 0) {
      throw new IllegalArgumentException(
          "conv%dd needs input and output channels that are positive multiples of its groups;"
                  .formatted(window.axes())
              + " found %d inputs, %d outputs, %d groups".formatted(inputs, outputs, groups));
    }
    weightShape(inputs, outputs, window, groups);
  }

  private static Shape weightShape(int inputs, int outputs, Window window, int groups) {
    return Shape.of(window.kernel()).prepend(inputs / groups).prepend(outputs);
  }

  private Shape weightShape() {
    return weightShape(inputs, outputs, window, groups);
  }

  @Override
  public Shape outputShape(Shape inputShape) {
    boolean channelsFit = inputShape.rank() > 0 && inputShape.extent(0) == inputs;
    return new Sliding("conv", window).outputShape(inputShape, channelsFit, inputs, outputs);
  }

  /** The unfolded windows. */
  @Override
  public long scratchElements(Shape inputShape) {
    long positions = outputShape(inputShape).dropFirst().size();
    return (long) inputs * window.kernelSize() * positions;
  }

  /** The product, then the bias: what follows may come between them. */
  @Override
  public List<Layer> parts() {
    return bias ? List.of(product(), channelBias()) : List.of(this);
  }

  private Convolution product() {
    return new Convolution(inputs, outputs, window, groups, false);
  }

  private ChannelBias channelBias() {
    return new ChannelBias(outputs, initialBound());
  }

  private double initialBound() {
    return 1 / Math.sqrt(weightShape().dropFirst().size());
  }

  @Override
  public List<ParameterSpec> parameters() {
    ParameterSpec weight = new ParameterSpec("weight", weightShape(), initialBound());
    return withBias(List.of(weight), () -> channelBias().parameters());
  }

  private <T> List<T> withBias(List<T> ofWeight, Supplier<List<T>> ofBias) {
    return bias ? Stream.of(ofWeight, ofBias.get()).flatMap(List::stream).toList() : ofWeight;
  }

  @Override
  public Variable forward(List<Variable> parameters, Variable input) {
    Variable product = Convolutions.convolve(input, parameters.get(0), window, groups);
    return bias ? channelBias().forward(parameters.subList(1, 2), product) : product;
  }

  @Override
  public List<PerSampleGradient> perSampleGradients(Variable input, Variable outputGradient) {
    PerSampleGradient weight =
        new ConvolutionGradient(outputGradient, input, weightShape(), window, groups);
    return withBias(List.of(weight), () -> channelBias().perSampleGradients(input, outputGradient));
  }

  /** Its names in model files. */
  @AutoService(LayerKind.Provider.class)
  public static final class CatalogueEntry implements LayerKind.Provider {
    @Override
    public List<LayerKind> kinds() {
      return List.of(
          new LayerKind("conv1d", options -> of(options, 1)),
          new LayerKind("conv2d", options -> of(options, 2)),
          new LayerKind("conv3d", options -> of(options, 3)));
    }

    private static Layer of(LayerOptions options, int axes) {
      return new Convolution(
          options.channels(),
          options.required("out"),
          options.window(axes, false),
          options.integer("groups", 1),
          options.flag("bias", true));
    }
  }
}
