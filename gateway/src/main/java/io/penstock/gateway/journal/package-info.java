/** The traffic journal: a line on disk for every request, however it ended; start at Journal. */
@NullMarked
package io.penstock.gateway.journal;

import org.jspecify.annotations.NullMarked;
