/**
 * What is measured: {@code JobBenchmark} runs the program as its users do, the classes with JMH's
 * annotations take primitives, passes and decoding apart. Nothing here asserts a time.
 */
package org.samplegrad.benchmarks;
