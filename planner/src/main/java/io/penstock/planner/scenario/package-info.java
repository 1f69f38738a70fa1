/**
 * What a document claims, beside what its own figures give and what the model says. Start at {@link
 * io.penstock.planner.scenario.Claim}.
 */
@NullMarked
package io.penstock.planner.scenario;

import org.jspecify.annotations.NullMarked;
