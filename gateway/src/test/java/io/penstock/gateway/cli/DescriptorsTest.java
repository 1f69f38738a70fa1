package io.penstock.gateway.cli;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A gateway that may open nothing more before its first call: no connection to a server, and no
 * file either, such as the one of a class or of the time zones that is needed first when something
 * fails.
 */
final class DescriptorsTest {
  private static final String KEY = "sk-descriptors";
  private static final int CLIENTS = 12;

  @TempDir private Path folder;

  private Path config() throws Exception {
    byte[] hash = MessageDigest.getInstance("SHA-256").digest(KEY.getBytes(US_ASCII));
    int nobody;
    try (var closed = new ServerSocket(0)) {
      nobody = closed.getLocalPort();
    }
    return Files.writeString(
        folder.resolve("penstock.yaml"),
        """
        server: {host: 127.0.0.1, port: 0}
        admin: {port: 0}
        tiers: {free: {route: {simple: small, medium: small, complex: small}}}
        keys: [{id: one, sha256: "%1$s", tier: free}]
        pools:
          small:
            model: llama-2-7b
            backends: [{id: a, url: "http://127.0.0.1:%2$d"}, {id: b, url: "http://localhost:%2$d"}]
            timeouts: {connect: 1s}
        """
            .formatted(HexFormat.of().formatHex(hash), nobody));
  }

  @Test
  void nothingMoreCanBeOpened_everyCallIsTold() throws Exception {
    List<Socket> clients = new ArrayList<>();
    try (var gateway = Penstocked.packed(folder, "serve", "--config", config().toString())) {
      URI data = URI.create(gateway.untilReady().getFirst().split(" ", 2)[1]);
      for (int i = 0; i < CLIENTS; i++) {
        clients.add(new Socket(data.getHost(), data.getPort()));
        clients.getLast().setSoTimeout(60_000);
        assertThat(answer(clients.getLast(), "GET /v1/models", "")).isEqualTo(200);
      }
      gateway.keepToItsDescriptors();
      for (Socket client : clients) {
        String body = "{\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}],\"stream\":true}";
        assertThat(answer(client, "POST /v1/chat/completions", body)).isEqualTo(503);
      }
    } finally {
      for (Socket client : clients) {
        client.close();
      }
    }
  }

  /** The status; what follows it is read to its end. */
  private static int answer(Socket client, String request, String body) throws IOException {
    String head =
        "%s HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
            .formatted(request, KEY, body.length(), body);
    client.getOutputStream().write(head.getBytes(US_ASCII));
    var in = new BufferedReader(new InputStreamReader(client.getInputStream(), US_ASCII));
    String status = in.readLine();
    int length = 0;
    for (String line = in.readLine(); !line.isEmpty(); line = in.readLine()) {
      if (line.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
        length = Integer.parseInt(line.substring(line.indexOf(':') + 1).trim());
      }
    }
    in.skip(length);
    return Integer.parseInt(status.split(" ", 3)[1]);
  }
}
