/**
 * Cases with results from another implementation, read from the class path; the tests of other
 * modules use them too.
 */
package org.samplegrad.core.golden;
