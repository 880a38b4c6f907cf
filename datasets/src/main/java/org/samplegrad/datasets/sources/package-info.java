/** Sources of samples that need no Spark: files of known formats, synthetic samples, examples. */
package org.samplegrad.datasets.sources;
