/** What came of every call: metrics, totals and the access log, written once, when it has ended. */
@NullMarked
package io.penstock.gateway.account;

import org.jspecify.annotations.NullMarked;
