package io.penstock.loadtest.chaos;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.penstock.loadtest.chaos.Sample.Saw;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.util.regex.Pattern;

/** Calls on plain sockets, so that what arrives is seen as it arrives. */
final class Client {
  private static final int PATIENCE_MILLIS = 30_000;
  private static final Pattern CODE = Pattern.compile("\"code\" ?: ?\"([a-z_]+)\"");

  private final URI gateway;
  private final String key;

  Client(URI gateway, String key) {
    this.gateway = gateway;
    this.key = key;
  }

  Socket connect() throws IOException {
    var socket = new Socket();
    try {
      socket.setSoTimeout(PATIENCE_MILLIS);
      socket.connect(new InetSocketAddress(gateway.getHost(), gateway.getPort()), PATIENCE_MILLIS);
      return socket;
    } catch (IOException failed) {
      socket.close();
      throw failed;
    }
  }

  /** A streamed chat completion of so many tokens; its prompt is unlike others'. */
  Sample chat(long number, int tokens) {
    long began = System.nanoTime();
    var seen = new Seen();
    try (var socket = connect()) {
      String body =
          "{\"model\":\"auto\",\"stream\":true,\"max_tokens\":%d,\"ignore_eos\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Question %d\"}]}"
              .formatted(tokens, number);
      socket.getOutputStream().write((head(body.length()) + body).getBytes(UTF_8));
      seen.read(new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8)));
    } catch (IOException broken) {
      seen.trouble = broken.getClass().getSimpleName();
    }
    return seen.sample(began);
  }

  /** The head of a chat completion whose body has so many bytes. */
  String head(long bytes) {
    return "POST /v1/chat/completions HTTP/1.1\r\nhost: chaos\r\nauthorization: Bearer "
        + key
        + "\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: "
        + bytes
        + "\r\n\r\n";
  }

  /** One answer while it is read. */
  private static final class Seen {
    private int status;
    private boolean done;
    private boolean error;
    private String code = "";
    private String backend = "";
    private String trouble = "";
    private int attempts;

    void read(BufferedReader in) throws IOException {
      String line = in.readLine();
      status = line == null ? 0 : Integer.parseInt(line.split(" ")[1]);
      while (line != null && !line.isEmpty()) {
        header(line);
        line = in.readLine();
      }
      while (line != null) {
        body(line);
        line = in.readLine();
      }
    }

    private void header(String line) {
      if (line.startsWith("x-penstock-backend: ")) {
        backend = line.substring(20);
      } else if (line.startsWith("x-penstock-attempts: ")) {
        attempts = Integer.parseInt(line.substring(21));
      }
    }

    private void body(String line) {
      if (line.equals("data: [DONE]")) {
        done = true;
      } else if (line.startsWith("data: {\"error\"") || line.startsWith("{\"error\"")) {
        error = true;
        var match = CODE.matcher(line);
        code = match.find() ? match.group(1) : "";
      }
    }

    Sample sample(long began) {
      Saw saw;
      if (status == 200 && done) {
        saw = Saw.ANSWERED;
      } else if (status == 200 && error) {
        saw = Saw.ERROR_FRAME;
      } else if (status >= 400 && error) {
        saw = Saw.ERROR;
      } else {
        saw = Saw.BROKEN;
      }
      String what = (status == 0 ? "" : String.valueOf(status)) + ' ' + code + ' ' + trouble;
      return new Sample(began, System.nanoTime(), saw, what.strip(), backend, attempts);
    }
  }
}
