package org.samplegrad.datasets.spark;

import java.io.Serializable;

/** The two columns that take part, by name and by how their cells are read. */
record TableColumns(
    String features,
    NumberColumn.CellReader featureReader,
    String label,
    NumberColumn.CellReader labelReader)
    implements Serializable {}
