/** How failures reach the person who must act: one message and an exit code. */
package org.samplegrad.job.failures;
