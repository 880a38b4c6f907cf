/**
 * Blocks on Spark: the rows of a table, or the samples of a source spread over partitions. The only
 * package of this module that knows Spark.
 */
package org.samplegrad.datasets.spark;
