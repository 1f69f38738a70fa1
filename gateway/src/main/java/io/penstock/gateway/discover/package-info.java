/**
 * Where a pool's servers are, looked up while the gateway runs: in a file, in DNS. Start at {@link
 * io.penstock.gateway.discover.Finder}.
 */
@NullMarked
package io.penstock.gateway.discover;

import org.jspecify.annotations.NullMarked;
