/**
 * The command line, a class a command; start at {@code CommandLine}'s tree in {@link
 * io.penstock.gateway.cli.Penstock}.
 */
@NullMarked
package io.penstock.gateway.cli;

import org.jspecify.annotations.NullMarked;
