package io.penstock.gateway.tls;

import io.penstock.config.Tls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.TimeUnit;

/** What changes when one of two files does. */
record Stamp(One certificate, One key) {
  private static final One NONE = new One(0, -1, "");

  record One(long modifiedNanos, long bytes, String file) {}

  static Stamp of(Tls files) {
    return new Stamp(of(files.certificate()), of(files.key()));
  }

  private static One of(Path file) {
    try {
      var of = Files.readAttributes(file, BasicFileAttributes.class);
      return new One(
          of.lastModifiedTime().to(TimeUnit.NANOSECONDS), of.size(), String.valueOf(of.fileKey()));
    } catch (IOException _) {
      return NONE;
    }
  }
}
