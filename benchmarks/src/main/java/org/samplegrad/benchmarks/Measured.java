package org.samplegrad.benchmarks;

import java.util.function.Function;
import org.openjdk.jmh.infra.Blackhole;
import org.samplegrad.core.backend.Backend;

/** One measured call in a scope of its own. */
final class Measured {
  private Measured() {}

  static void in(Backend backend, Blackhole sink, Function<Backend, Object> work) {
    backend.scoped(
        () -> {
          sink.consume(work.apply(backend));
          return null;
        });
  }
}
