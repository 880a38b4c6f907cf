/**
 * Named parameters as one flat vector: what crosses between driver and executors, files and models.
 */
package org.samplegrad.core.parameters;
