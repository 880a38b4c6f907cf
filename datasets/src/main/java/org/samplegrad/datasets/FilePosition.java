package org.samplegrad.datasets;

import java.io.Serializable;

/**
 * Where a row was read from.
 *
 * @param splitStart the byte at which the piece of the file that was read begins
 * @param index the row's position in that piece, from 0
 */
public record FilePosition(String path, long splitStart, long index) implements Serializable {}
