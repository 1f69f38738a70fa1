/** What a call costs, before and after, in millionths of a USD: start at Cost. */
@NullMarked
package io.penstock.gateway.cost;

import org.jspecify.annotations.NullMarked;
