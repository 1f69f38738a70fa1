/** The dashboard in a real browser, driven by keyboard, in front of the demo. */
@NullMarked
package io.penstock.gateway.dashboard;

import org.jspecify.annotations.NullMarked;
