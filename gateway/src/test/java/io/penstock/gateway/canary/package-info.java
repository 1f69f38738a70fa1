/** What must stay where it is: keys, cookies, Penstock's own headers, prompts and answers. */
@NullMarked
package io.penstock.gateway.canary;

import org.jspecify.annotations.NullMarked;
