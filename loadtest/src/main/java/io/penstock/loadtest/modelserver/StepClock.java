package io.penstock.loadtest.modelserver;

import io.penstock.planner.capacity.StepBatch;

/** How long one engine step takes with this batch. */
@FunctionalInterface
interface StepClock {
  double seconds(StepBatch batch);
}
