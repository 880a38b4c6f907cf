package org.samplegrad.datasets;

import java.io.Serializable;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.losses.TargetSpec;

/**
 * What a model and its loss expect of a sample.
 *
 * @param sampleShape the shape into which the features are laid, row-major
 * @param precision the number format in which the features are kept
 */
public record SampleFormat(Shape sampleShape, TargetSpec target, Precision precision)
    implements Serializable {}
