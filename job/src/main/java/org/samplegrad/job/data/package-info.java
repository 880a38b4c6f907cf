/** From what the command line names to models, weights and distributed blocks. */
package org.samplegrad.job.data;
