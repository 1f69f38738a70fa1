/** What a capacity review is held with, from recorded traffic: start at ReportBuilder. */
@NullMarked
package io.penstock.planner.report;

import org.jspecify.annotations.NullMarked;
