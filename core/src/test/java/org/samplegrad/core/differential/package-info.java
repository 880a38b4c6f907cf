/**
 * Random models that PyTorch exported, against the statistics that PyTorch computed of them. {@code
 * core/src/test/python/differential} makes them.
 */
package org.samplegrad.core.differential;
