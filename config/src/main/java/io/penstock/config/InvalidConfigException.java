package io.penstock.config;

import java.util.List;
import java.util.stream.Collectors;

/**
 * A record of the config was asked to hold what cannot be. It names every component at fault by its
 * key in the file, so that the loader can say where each is written.
 */
public final class InvalidConfigException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  /** One component at fault: its key, relative to the record, and what is wrong with its value. */
  record Complaint(String key, String message) implements java.io.Serializable {}

  private final transient List<Complaint> complaints;

  InvalidConfigException(List<Complaint> complaints) {
    super(
        complaints.stream()
            .map(complaint -> complaint.key() + ": " + complaint.message())
            .collect(Collectors.joining("; ")));
    this.complaints = List.copyOf(complaints);
  }

  List<Complaint> complaints() {
    return complaints;
  }
}
