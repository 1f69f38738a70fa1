package io.penstock.gateway.canary;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** All that any logger of this process writes, at every level, until it is closed. */
final class LogCapture extends Handler {
  private final Logger root = LogManager.getLogManager().getLogger("");
  private final Level before = root.getLevel();
  private final List<Handler> others = Arrays.asList(root.getHandlers());
  private final List<String> lines = new CopyOnWriteArrayList<>();

  static LogCapture start() {
    var capture = new LogCapture();
    capture.setLevel(Level.ALL);
    capture.setFormatter(new SimpleFormatter());
    capture.others.forEach(capture.root::removeHandler);
    capture.root.addHandler(capture);
    capture.root.setLevel(Level.ALL);
    return capture;
  }

  @Override
  public void publish(LogRecord record) {
    var line = new StringWriter();
    line.append(record.getLoggerName()).append(' ').append(getFormatter().formatMessage(record));
    line.append(' ').append(Arrays.toString(record.getParameters()));
    if (record.getThrown() != null) {
      record.getThrown().printStackTrace(new PrintWriter(line));
    }
    lines.add(line.toString());
  }

  List<String> lines() {
    return lines;
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    root.removeHandler(this);
    others.forEach(root::addHandler);
    root.setLevel(before);
  }
}
