/**
 * The vector kernels, written with {@code jdk.incubator.vector}: nothing else may name its classes.
 * They are compiled by themselves, and found by name where a program was started with the module.
 */
package org.samplegrad.core.backend.cpu.kernels.incubator;
