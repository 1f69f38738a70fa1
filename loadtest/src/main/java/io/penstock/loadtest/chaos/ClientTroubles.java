package io.penstock.loadtest.chaos;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.penstock.loadtest.chaos.Stage.Setup;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** What clients do to a gateway. */
final class ClientTroubles {
  private static final int DRIPS = 200;
  private static final int DRIP_MILLIS = 100;
  private static final int DRIP_SECONDS = 8;
  private static final int IDLE = 5000;

  private ClientTroubles() {}

  static void slowloris(Stage stage) throws Exception {
    HostTroubles.healthy(stage, new Setup(Setup.USUAL.jvm(), Map.of(), ", head-timeout: 2s", ""));
    var cutOff = new AtomicInteger();
    List<Thread> clients = new ArrayList<>();
    stage.begins();
    for (int i = 0; i < DRIPS; i++) {
      boolean head = i % 2 == 0;
      clients.add(
          Thread.ofVirtual()
              .start(() -> {
                if (isCutOff(stage.client(), head)) {
                  cutOff.incrementAndGet();
                }
              }));
    }
    for (Thread client : clients) {
      client.join();
    }
    stage.healed();
    stage.note(
        cutOff + " of " + DRIPS + " slow clients were cut off within " + DRIP_SECONDS + " s");
    stage.expect(cutOff.get() == DRIPS, "clients that send slowly are kept");
  }

  /** Sends a byte now and then, until the gateway has had enough. */
  private static boolean isCutOff(Client client, boolean onlyHead) {
    String drip = "x-slow: " + "a".repeat(10_000);
    String first = client.head(1 << 20);
    String sent = onlyHead ? first.substring(0, first.length() - 2) : first + "{\"messages\":[";
    try (var socket = client.connect()) {
      var out = socket.getOutputStream();
      out.write(sent.getBytes(UTF_8));
      for (int i = 0; i < DRIP_SECONDS * 1000 / DRIP_MILLIS; i++) {
        out.write(drip.charAt(i));
        if (socket.getInputStream().available() > 0) {
          socket.getInputStream().readNBytes(socket.getInputStream().available());
        }
        TimeUnit.MILLISECONDS.sleep(DRIP_MILLIS);
      }
      return false;
    } catch (IOException _) {
      return true;
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  static void idleConnections(Stage stage) throws Exception {
    Skipped.unless(
        filesAllowed() > 2 * IDLE, "'ulimit -n' is below " + 2 * IDLE + " for this process");
    HostTroubles.healthy(stage, Setup.USUAL);
    long before = stage.gateway().residentMib();
    List<Socket> idle = new ArrayList<>();
    stage.closing(() -> close(idle));
    stage.begins();
    for (int i = 0; i < IDLE; i++) {
      idle.add(stage.client().connect());
    }
    Stage.hold(2000);
    stage.note(
        "the gateway's memory: %d MiB before, %d MiB with them, %d files open"
            .formatted(before, stage.gateway().residentMib(), stage.gateway().openFiles()));
    stage.expect(stage.gateway().openFiles() > IDLE, "the connections were not kept");
    close(idle);
    stage.healed();
    stage.expect(
        Stage.waitFor(20, () -> stage.gateway().openFilesNow() < IDLE / 10),
        "the gateway kept connections that were closed");
  }

  private static void close(List<Socket> sockets) throws IOException {
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  private static long filesAllowed() throws IOException {
    try (var lines = Files.lines(Path.of("/proc/self/limits"))) {
      return lines
          .filter(line -> line.startsWith("Max open files"))
          .map(line -> line.split(" {2,}")[1])
          .mapToLong(most -> most.equals("unlimited") ? Long.MAX_VALUE : Long.parseLong(most))
          .findFirst()
          .orElse(0);
    }
  }
}
