/**
 * The capacity report, from the traffic journal's records to text, JSON and a page; start at
 * Reporting.
 */
@NullMarked
package io.penstock.gateway.report;

import org.jspecify.annotations.NullMarked;
