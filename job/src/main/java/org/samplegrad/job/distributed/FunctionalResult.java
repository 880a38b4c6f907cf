package org.samplegrad.job.distributed;

import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.moments.ErrorBounds;
import org.samplegrad.core.moments.MomentStatistics;
import org.samplegrad.core.parameters.ParameterVector;

/**
 * A functional of the moments of a whole data set, with its gradient.
 *
 * @param gradient of {@code value} with respect to the parameters
 * @param precision the one the passes computed in
 * @param backend the name of the backend they computed on
 * @param momentsSeconds the time of the first pass as the driver saw it, repetition included
 */
public record FunctionalResult(
    MomentStatistics statistics,
    double value,
    ParameterVector gradient,
    ErrorBounds bounds,
    long skippedRows,
    Precision precision,
    String backend,
    double momentsSeconds,
    double pullBackSeconds) {}
