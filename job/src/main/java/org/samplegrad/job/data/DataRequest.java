package org.samplegrad.job.data;

import java.util.Map;

/**
 * What the command line says about the data.
 *
 * @param location a scheme of {@link DataScheme}, a path or a table
 * @param format a Spark format, or null to go by the path's extension
 * @param readOptions given to Spark's reader
 */
public record DataRequest(
    String location,
    String format,
    Map<String, String> readOptions,
    String features,
    String label) {}
