package io.penstock.gateway.scale;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A program, run without a shell. What it prints on its standard error is the gateway's own; a
 * child that it leaves behind holds nobody up, since nothing is read.
 */
record CommandActor(String pool, List<String> command, Duration timeout) implements Actor {

  @Override
  public void scale(int replicas) throws IOException, InterruptedException {
    var builder =
        new ProcessBuilder(command)
            .redirectOutput(Redirect.DISCARD)
            .redirectError(Redirect.INHERIT);
    builder.environment().put("PENSTOCK_POOL", pool);
    builder.environment().put("PENSTOCK_REPLICAS", Integer.toString(replicas));
    Process process = builder.start();
    try {
      process.getOutputStream().close();
      if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new IOException("it ran for over " + timeout.toMillis() + " ms and was ended");
      }
    } finally {
      if (process.isAlive()) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
      }
    }
    if (process.exitValue() != 0) {
      throw new IOException("it ended with " + process.exitValue());
    }
  }
}
