/** What a finished job leaves behind: the summary, the tensors, the lines on the console. */
package org.samplegrad.job.output;
