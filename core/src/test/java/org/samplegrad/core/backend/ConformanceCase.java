package org.samplegrad.core.backend;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Test;

/** A test of what {@link Backend} promises of one of its methods, run on every backend. */
@Test
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
@interface ConformanceCase {
  /** The method tested; with its parameter types, as in {@code tensor(Shape,float[])}. */
  String value();
}
