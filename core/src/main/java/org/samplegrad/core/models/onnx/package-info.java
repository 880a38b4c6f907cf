/**
 * Models exported to ONNX, as graphs of layers with their weights. {@link
 * org.samplegrad.core.models.onnx.Operator} is the catalogue: one entry per ONNX operator. The rest
 * reads the file within bounds, evaluates what does not depend on the samples, and tells parameters
 * from constants. Files are untrusted: nothing is allocated for a number that was not checked.
 */
package org.samplegrad.core.models.onnx;
