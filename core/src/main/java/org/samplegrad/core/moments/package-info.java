/**
 * The totals that cross machines, and scalar functionals of them with their cotangents. Nothing
 * here knows a model or a layer; nothing in the passes knows a functional.
 */
package org.samplegrad.core.moments;
