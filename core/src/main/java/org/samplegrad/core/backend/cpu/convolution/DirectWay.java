package org.samplegrad.core.backend.cpu.convolution;

import java.util.function.Function;

/** The ways of the convolution itself. */
enum DirectWay {
  /** For more than a few outputs. */
  PACKED(PackedConvolution::new),

  /** For few outputs, of windows that move by one. */
  STRETCHED(StretchedConvolution::new);

  private final Function<ConvolutionGroup, DirectConvolution> factory;

  DirectWay(Function<ConvolutionGroup, DirectConvolution> factory) {
    this.factory = factory;
  }

  DirectConvolution begin(ConvolutionGroup group) {
    return factory.apply(group);
  }
}
