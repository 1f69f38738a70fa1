/** Stage 2: from the key that a client sends to who calls. */
@NullMarked
package io.penstock.gateway.authenticate;

import org.jspecify.annotations.NullMarked;
