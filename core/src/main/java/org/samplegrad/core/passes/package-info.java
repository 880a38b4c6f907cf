/**
 * The two passes over blocks of samples, the entry point for one batch in memory, and the slow
 * oracle they are all checked against.
 */
package org.samplegrad.core.passes;
