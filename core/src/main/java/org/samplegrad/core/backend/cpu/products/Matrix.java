package org.samplegrad.core.backend.cpu.products;

import org.bytedeco.javacpp.FloatPointer;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.cpu.memory.CpuTensor;

/** A row-major matrix without gaps in native memory, which can be moved along to the next one. */
public final class Matrix {
  /** A pointer of its own: OpenBLAS reads from its position, and two matrices may share memory. */
  private final FloatPointer view;

  private final int rows;
  private final int columns;
  private final boolean transposed;
  private long offset;

  /**
   * @param transposed whether it is to be read transposed
   */
  public Matrix(FloatPointer memory, int rows, int columns, boolean transposed) {
    this.view = new FloatPointer(memory);
    this.rows = rows;
    this.columns = columns;
    this.transposed = transposed;
  }

  public Matrix(FloatPointer memory, int rows, int columns) {
    this(memory, rows, columns, false);
  }

  /** The last two axes of a tensor, the first of a batch. */
  static Matrix of(CpuTensor tensor, boolean transposed) {
    Shape shape = tensor.shape();
    return new Matrix(tensor.pointer(), shape.extent(-2), shape.extent(-1), transposed);
  }

  /** This matrix, from now on with its first element at the given one of the memory. */
  public Matrix at(long first) {
    offset = first;
    return this;
  }

  /** Rows in memory. */
  int rows() {
    return rows;
  }

  /** Columns in memory, the distance from a row to the next. */
  int columns() {
    return columns;
  }

  boolean transposed() {
    return transposed;
  }

  long size() {
    return (long) rows * columns;
  }

  /** The rows of the matrix as it is read. */
  int height() {
    return transposed ? columns : rows;
  }

  int width() {
    return transposed ? rows : columns;
  }

  FloatPointer start() {
    return view.position(offset);
  }

  /** The start of a row of the matrix as it is read. */
  FloatPointer row(int row) {
    return view.position(offset + (transposed ? row : (long) row * columns));
  }

  /** The distance between neighbours in a row as it is read. */
  int stepInRow() {
    return transposed ? columns : 1;
  }

  FloatPointer column(int column) {
    return view.position(offset + (transposed ? (long) column * columns : column));
  }

  int stepInColumn() {
    return transposed ? 1 : columns;
  }
}
