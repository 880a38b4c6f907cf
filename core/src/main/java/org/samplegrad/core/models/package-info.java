/**
 * Models as graphs of layers, and the files they and their weights come from. Model and weight
 * files are untrusted: everything read from them is bounded before memory is taken for it.
 */
package org.samplegrad.core.models;
