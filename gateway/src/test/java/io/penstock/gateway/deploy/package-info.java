/** What {@code deploy/} holds, read by the programs that it is for. */
@NullMarked
package io.penstock.gateway.deploy;

import org.jspecify.annotations.NullMarked;
