/**
 * The gradients of one parameter for every sample of a block, kept factored while possible, and the
 * quantities computed from them. Structures know the cheapest formula for each reduction;
 * quantities know only structures; so layers and quantities add instead of multiplying.
 */
package org.samplegrad.core.persample;
