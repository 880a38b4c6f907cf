package org.samplegrad.benchmarks;

import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Backends;
import org.samplegrad.core.backend.Precision;

/**
 * An open backend. Operands live in its outermost scope; each measured call has a scope of its own,
 * as a block of a pass has.
 */
@State(Scope.Thread)
public class BackendState {
  @Param({"cpu", "nd4j"})
  public String backend;

  private Backend opened;

  @Setup(Level.Trial)
  public void open() {
    opened = Backends.open(backend, Precision.FLOAT32);
  }

  @TearDown(Level.Trial)
  public void close() {
    opened.close();
  }

  Backend opened() {
    return opened;
  }
}
