/** How many tokens a call needs and how hard it is, from its bytes: start at Classifier. */
@NullMarked
package io.penstock.gateway.classify;

import org.jspecify.annotations.NullMarked;
