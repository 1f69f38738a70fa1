/** What requests cost: by GPU time, or by a provider's price list. */
@NullMarked
package io.penstock.planner.cost;

import org.jspecify.annotations.NullMarked;
