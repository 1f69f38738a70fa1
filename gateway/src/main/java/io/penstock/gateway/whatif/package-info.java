/**
 * What the capacity model says of other hardware, promises or traffic than a gateway has; start at
 * WhatIf.
 */
@NullMarked
package io.penstock.gateway.whatif;

import org.jspecify.annotations.NullMarked;
