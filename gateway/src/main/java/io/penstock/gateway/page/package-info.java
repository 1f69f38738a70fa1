/** What self-contained pages are drawn with; start at Chart. */
@NullMarked
package io.penstock.gateway.page;

import org.jspecify.annotations.NullMarked;
