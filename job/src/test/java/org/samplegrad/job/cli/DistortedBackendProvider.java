package org.samplegrad.job.cli;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.samplegrad.core.backend.Backend;
import org.samplegrad.core.backend.BackendProvider;
import org.samplegrad.core.backend.Backends;
import org.samplegrad.core.backend.Precision;

/** A backend that gets its numbers wrong by a little, to see that the check notices. */
public final class DistortedBackendProvider implements BackendProvider {
  static final String ADVICE = "its numbers are wrong by a little";

  private static final double DISTORTION = 1.01;

  @Override
  public String name() {
    return "distorted";
  }

  @Override
  public Set<Precision> precisions() {
    return EnumSet.allOf(Precision.class);
  }

  @Override
  public int preference() {
    return Integer.MIN_VALUE;
  }

  @Override
  public Optional<String> advice() {
    return Optional.of(ADVICE);
  }

  @Override
  public Backend open(Precision precision) {
    Backend exact = Backends.open(Backends.AUTO, precision);
    return (Backend)
        Proxy.newProxyInstance(
            Backend.class.getClassLoader(),
            new Class<?>[] {Backend.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("tensor") && arguments[1] instanceof double[] values) {
                arguments[1] = Arrays.stream(values).map(x -> DISTORTION * x).toArray();
              }
              try {
                return method.invoke(exact, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
