/** Made-up text, the chance behind it, and its tokens. */
@NullMarked
package io.penstock.loadtest.text;

import org.jspecify.annotations.NullMarked;
