/**
 * Per-sample losses. A loss is never divided here: what {@code reduction=mean} divides by is
 * reported as the loss's denominator and applied once, to the totals of the whole data set.
 */
package org.samplegrad.core.losses;
