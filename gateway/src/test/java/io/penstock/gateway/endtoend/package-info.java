/** What a client sees of a whole gateway, answer by answer, against the interface's page. */
@NullMarked
package io.penstock.gateway.endtoend;

import org.jspecify.annotations.NullMarked;
