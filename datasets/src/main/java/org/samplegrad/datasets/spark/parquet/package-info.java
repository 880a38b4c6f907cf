/**
 * Parquet files as they come: footers that Spark's own reader gives up on, files of one directory
 * with different number types, checksums, and columns that cannot be read, refused by name before
 * any data are.
 */
package org.samplegrad.datasets.spark.parquet;
