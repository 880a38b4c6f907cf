/**
 * Convolutions and what is derived from them. {@code CpuConvolutions} has the primitives and {@code
 * ConvolutionChoice} tells which way each is computed.
 *
 * <p>The convolution itself goes by a {@code DirectWay}, a {@code DirectConvolution}: {@code
 * PackedConvolution} or {@code StretchedConvolution}, begun by {@code DeferredConvolution} when
 * elements or the maxima of windows are asked for. Its adjoints and the per-sample gradients are
 * products with the windows' columns, for which {@code GroupedConvolution} goes through groups and
 * samples by a {@code SampleWay}, a {@code SampleConvolution}: {@code UnfoldedConvolution} writes
 * the columns out; {@code TiledConvolution} and {@code SupportConvolution} read them as {@code
 * Patches} of the image where they lie.
 */
package org.samplegrad.core.backend.cpu.convolution;
