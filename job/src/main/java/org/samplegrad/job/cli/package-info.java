/** The command line: options, commands, and the session they run in. */
package org.samplegrad.job.cli;
