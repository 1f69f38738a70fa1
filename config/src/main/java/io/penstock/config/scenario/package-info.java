/**
 * Planning scenarios: what their files say, the plans that follow, and what became of each claim.
 * Start at {@link io.penstock.config.scenario.ScenarioFile}.
 */
@NullMarked
package io.penstock.config.scenario;

import org.jspecify.annotations.NullMarked;
