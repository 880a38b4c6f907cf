/**
 * Samples and how they become blocks: formats, sources, and what happens to a bad row. Spark may be
 * named in the package {@code spark} only.
 */
package org.samplegrad.datasets;
