package io.penstock.loadtest.chaos;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What can go wrong around a gateway, each with the script that makes it go wrong. */
public enum Trouble {
  KILLED("SIGKILL to b; started again after 2 s"),
  FROZEN("SIGSTOP to b; SIGCONT after 4 s"),
  REFUSED("b's port refuses connections; b is started after 2 s"),
  HALF_OPEN("b's host is gone: connects are never answered, for 3 s"),
  SLOW_FIRST_TOKEN("b's first token comes after 4 s, for 5 s"),
  SLOW_TOKENS("b's tokens come 2 s apart, for 5 s"),
  CUT("b closes its connection in the middle of every answer, for 2 s"),
  GARBAGE("b answers bytes that are no HTTP, for 2 s"),
  WRONG_CONTENT_TYPE("b answers with an HTML page, for 2 s"),
  ENDLESS("b's streams never end, for 6 s"),
  HUGE_FRAME("b sends one event of 10 MB, for 2 s"),
  ONLY_BACKEND_KILLED("a is drained, b killed; b is started again after 2 s"),
  DNS_GONE("the DNS that names the only server is silent for 4 s, then knows no name for 3 s"),
  CLOCK_JUMP("the gateway's clock jumps 1 h ahead, then 1 h back"),
  DISK_FULL("the disk under the traffic journal is full for 3 s"),
  NO_DESCRIPTORS("the gateway may open no more files and connections, for 3 s"),
  MEMORY_PRESSURE("60 bodies of 30 MB at once at a gateway with a heap of 192 MB"),
  SLOWLORIS("200 clients send their heads or bodies one byte a 100 ms"),
  IDLE_CONNECTIONS("5,000 connections that say nothing");

  private final String about;

  Trouble(String about) {
    this.about = about;
  }

  /** Plays a fault, from the start of its processes to its end. */
  interface Script {
    void play(Stage stage) throws Exception;
  }

  /** The word on the command line. */
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** What the gateway's log may call severe, for that is what was done to it. */
  String mayComplainOf() {
    return this == DISK_FULL ? "No space left on device" : "\0";
  }

  /** What is done. */
  public String about() {
    return about;
  }

  Script script() {
    return switch (this) {
      case KILLED -> ServerTroubles::killed;
      case FROZEN -> ServerTroubles::frozen;
      case REFUSED -> ServerTroubles::refused;
      case HALF_OPEN -> ServerTroubles::halfOpen;
      case SLOW_FIRST_TOKEN -> ServerTroubles::slowFirstToken;
      case SLOW_TOKENS -> ServerTroubles::slowTokens;
      case CUT -> ServerTroubles::cut;
      case GARBAGE -> ServerTroubles::garbage;
      case WRONG_CONTENT_TYPE -> ServerTroubles::wrongContentType;
      case ENDLESS -> ServerTroubles::endless;
      case HUGE_FRAME -> ServerTroubles::hugeFrame;
      case ONLY_BACKEND_KILLED -> ServerTroubles::onlyBackendKilled;
      case DNS_GONE -> ServerTroubles::dnsGone;
      case CLOCK_JUMP -> HostTroubles::clockJump;
      case DISK_FULL -> HostTroubles::diskFull;
      case NO_DESCRIPTORS -> HostTroubles::noDescriptors;
      case MEMORY_PRESSURE -> HostTroubles::memoryPressure;
      case SLOWLORIS -> ClientTroubles::slowloris;
      case IDLE_CONNECTIONS -> ClientTroubles::idleConnections;
    };
  }

  /** Reads {@link #label}; refuses others with the words that there are. */
  public static Trouble parse(String label) {
    return Arrays.stream(values())
        .filter(trouble -> trouble.label().equals(label))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "no fault '"
                    + label
                    + "'; there are "
                    + Arrays.stream(values())
                        .map(Trouble::label)
                        .collect(Collectors.joining(", "))));
  }
}
