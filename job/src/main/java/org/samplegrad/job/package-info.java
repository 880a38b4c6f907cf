/** The program's entry. */
package org.samplegrad.job;
