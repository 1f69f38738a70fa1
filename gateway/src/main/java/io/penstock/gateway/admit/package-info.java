/**
 * What a caller may still take: rates, slots and money, reserved before a call and settled after.
 */
@NullMarked
package io.penstock.gateway.admit;

import org.jspecify.annotations.NullMarked;
