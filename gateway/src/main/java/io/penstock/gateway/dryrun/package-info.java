/**
 * What would happen to a request, what it would cost and how long it would take, said without doing
 * it: start at DryRun.
 */
@NullMarked
package io.penstock.gateway.dryrun;

import org.jspecify.annotations.NullMarked;
