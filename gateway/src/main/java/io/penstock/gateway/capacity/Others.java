package io.penstock.gateway.capacity;

import io.penstock.planner.autoscale.Target;
import java.util.List;
import java.util.Optional;

/**
 * What the rest of the fleet means for a pool at this look.
 *
 * @param seen what each of the others saw; empty while the store is away
 * @param arrived calls that came to them since the last look
 * @param times by what this gateway's own load is to be multiplied: the fleet's size while the
 *     store is away, else 1
 * @param agreed the leader's target, where this gateway does not lead
 */
record Others(List<Seen> seen, double arrived, double times, Optional<Target> agreed) {
  static final Others NONE = new Others(List.of(), 0, 1, Optional.empty());
}
