/**
 * The backend on ND4J: nd4j-native on a CPU, nd4j-cuda on a GPU, in float32 and float64. Nothing
 * outside this package may name an ND4J type.
 */
package org.samplegrad.core.backend.nd4j;
