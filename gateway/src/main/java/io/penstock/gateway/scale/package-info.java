/** Who acts on the desired replicas, where the config names somebody: start at Scalers. */
@NullMarked
package io.penstock.gateway.scale;

import org.jspecify.annotations.NullMarked;
