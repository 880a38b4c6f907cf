/**
 * Where elements live. {@code Memory} alone takes memory, and hands out again what was given back;
 * a {@code Workspace} makes tensors and frees them with their scope; a {@code CpuTensor} is a shape
 * over a {@code Storage}, whose elements lie in a Java array, in native memory or both, are still
 * to be computed ({@code Deferred}), or can differ from 0 at the positions of a {@code Support}
 * only ({@code SparseElements}).
 */
package org.samplegrad.core.backend.cpu.memory;
