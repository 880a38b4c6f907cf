package org.samplegrad.core.backend.cpu.convolution;

import java.util.function.Function;

/** The ways of what is derived from a convolution, and of the convolution that has no other. */
enum SampleWay {
  /** Where the output gradient has a support, as behind a max pool. */
  SUPPORT(SupportConvolution::new),

  /** For more than a few outputs. */
  TILED(TiledConvolution::new),

  /** Always. */
  UNFOLDED(UnfoldedConvolution::new);

  private final Function<ConvolutionGroup, SampleConvolution> factory;

  SampleWay(Function<ConvolutionGroup, SampleConvolution> factory) {
    this.factory = factory;
  }

  SampleConvolution begin(ConvolutionGroup group) {
    return factory.apply(group);
  }
}
