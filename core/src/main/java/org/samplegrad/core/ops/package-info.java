/**
 * The differentiable operations, each primitive's evaluation beside its vector-Jacobian products,
 * always written {@code (gradient, y, inputs ...)}: the cotangent of the output, the output, the
 * inputs. A product takes and returns Variables, so any order of derivative holds by construction.
 *
 * <p>An operation belongs here if it is defined for arrays in general; what knows about parameters
 * or samples belongs to {@code layers} or {@code persample}.
 */
package org.samplegrad.core.ops;
