package io.penstock.gateway;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** A name server on UDP whose zone a test writes. */
final class DnsServer implements AutoCloseable {
  private static final int A = 1;
  private static final int SRV = 33;
  private static final int NXDOMAIN = 3;

  private final DatagramSocket socket;
  private final Map<String, List<byte[]>> zone = new ConcurrentHashMap<>();
  private final AtomicInteger asked = new AtomicInteger();
  private volatile int error;

  private DnsServer(DatagramSocket socket) {
    this.socket = socket;
  }

  static DnsServer start() throws IOException {
    DnsServer server = new DnsServer(new DatagramSocket(0, InetAddress.getByName("127.0.0.1")));
    Thread.ofVirtual().start(server::serve);
    return server;
  }

  String address() {
    return "127.0.0.1:" + socket.getLocalPort();
  }

  /** Questions so far. */
  int asked() {
    return asked.get();
  }

  void addresses(String name, String... addresses) throws IOException {
    List<byte[]> records = new ArrayList<>();
    for (String address : addresses) {
      records.add(InetAddress.getByName(address).getAddress());
    }
    zone.put(A + " " + name, records);
  }

  /** A service with a target on each port; of a later priority where a port is negative. */
  void service(String name, String target, int... ports) throws IOException {
    List<byte[]> records = new ArrayList<>();
    for (int port : ports) {
      var bytes = new ByteArrayOutputStream();
      var out = new DataOutputStream(bytes);
      out.writeShort(port < 0 ? 20 : 10);
      out.writeShort(0);
      out.writeShort(Math.abs(port));
      name(out, target);
      records.add(bytes.toByteArray());
    }
    zone.put(SRV + " " + name, records);
  }

  /** From now on it answers so; 0: as its zone has it. */
  void fail(int code) {
    error = code;
  }

  private void serve() {
    byte[] buffer = new byte[1500];
    while (!socket.isClosed()) {
      try {
        var query = new DatagramPacket(buffer, buffer.length);
        socket.receive(query);
        byte[] answer = answer(buffer, query.getLength());
        socket.send(new DatagramPacket(answer, answer.length, query.getSocketAddress()));
        asked.incrementAndGet();
      } catch (IOException closed) {
        return;
      }
    }
  }

  private byte[] answer(byte[] query, int length) throws IOException {
    StringBuilder asked = new StringBuilder();
    int at = 12;
    while (query[at] != 0) {
      asked
          .append(asked.isEmpty() ? "" : ".")
          .append(new String(query, at + 1, query[at], StandardCharsets.US_ASCII));
      at += 1 + query[at];
    }
    int type = (query[at + 1] & 0xff) << 8 | query[at + 2] & 0xff;
    String name = asked.toString().toLowerCase(Locale.ROOT);
    List<byte[]> records = zone.getOrDefault(type + " " + name, List.of());
    boolean known = zone.keySet().stream().anyMatch(key -> key.endsWith(" " + name));
    int code = error != 0 ? error : known ? 0 : NXDOMAIN;
    var bytes = new ByteArrayOutputStream();
    var out = new DataOutputStream(bytes);
    out.write(query, 0, 2);
    out.writeShort(0x8180 | code);
    out.writeShort(1);
    out.writeShort(code == 0 ? records.size() : 0);
    out.writeInt(0);
    out.write(query, 12, at + 5 - 12);
    if (code == 0) {
      for (byte[] record : records) {
        out.writeShort(0xc00c);
        out.writeShort(type);
        out.writeShort(1);
        out.writeInt(60);
        out.writeShort(record.length);
        out.write(record);
      }
    }
    return bytes.toByteArray();
  }

  private static void name(DataOutputStream out, String name) throws IOException {
    for (String label : name.split("\\.")) {
      out.writeByte(label.length());
      out.writeBytes(label);
    }
    out.writeByte(0);
  }

  @Override
  public void close() {
    socket.close();
  }
}
