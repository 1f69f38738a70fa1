/** What the machines can do: memory, bandwidth, arithmetic, links and their price. */
@NullMarked
package io.penstock.planner.hardware;

import org.jspecify.annotations.NullMarked;
