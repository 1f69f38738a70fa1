package io.penstock.gateway.admit;

import io.penstock.gateway.testing.RedisServer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** What is in the store, read past the gateways. */
record Store(RedisServer server) {

  /** A field of a scope; 0 where there is none. */
  long number(String scope, String field) {
    String reply = ask("HGET", "{penstock}:" + scope, field);
    return reply.startsWith("$-1") ? 0 : Long.parseLong(reply.lines().toList().get(1));
  }

  long leases(String scope) {
    return integer("ZCARD", "{penstock}:" + scope + ":leases");
  }

  /** Leases that ran out and that nobody has accounted for since. */
  long gone(String scope) {
    return integer("ZCARD", "{penstock}:" + scope + ":gone");
  }

  /** How often a command was called since the server started. */
  long calls(String command) {
    return ask("INFO", "commandstats")
        .lines()
        .filter(line -> line.startsWith("cmdstat_" + command + ":calls="))
        .map(line -> line.substring(line.indexOf('=') + 1, line.indexOf(',')))
        .mapToLong(Long::parseLong)
        .sum();
  }

  /** The store's own clock, in microseconds. */
  long micros() {
    List<String> lines = new ArrayList<>(ask("TIME").lines().toList());
    return Long.parseLong(lines.get(2)) * 1_000_000 + Long.parseLong(lines.get(4));
  }

  private long integer(String... words) {
    return Long.parseLong(ask(words).trim().substring(1));
  }

  private String ask(String... words) {
    try {
      return server.command(words);
    } catch (IOException gone) {
      throw new AssertionError(gone);
    }
  }
}
