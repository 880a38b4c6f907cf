package org.samplegrad.benchmarks;

import java.util.function.Function;
import org.openjdk.jmh.infra.Blackhole;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.Shape;
import org.samplegrad.core.backend.Tensor;

/** One measured call in a scope of its own. */
final class Measured {
  private Measured() {}

  static void in(Backend backend, Blackhole sink, Function<Backend, Object> work) {
    backend.scoped(
        () -> {
          Object result = work.apply(backend);
          sink.consume(result instanceof Tensor tensor ? asked(backend, tensor) : result);
          return null;
        });
  }

  /** One element: a backend may compute a result only when it is asked for some. */
  private static Tensor asked(Backend backend, Tensor x) {
    return backend.slice(backend.reshape(x, Shape.of(x.shape().size())), 0, 0, 1);
  }
}
