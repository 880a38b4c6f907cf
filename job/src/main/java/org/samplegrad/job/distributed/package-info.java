/**
 * The two passes on Spark and the reduction between them. Nothing here knows which functional was
 * chosen, where the samples come from, or where the results go.
 */
package org.samplegrad.job.distributed;
