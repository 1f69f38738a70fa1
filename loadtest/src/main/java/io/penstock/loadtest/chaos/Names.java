package io.penstock.loadtest.chaos;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;

/**
 * A DNS server that says of every name that it is this machine, until it is told to fail or to say
 * nothing. It answers one question a packet, which is all that anybody asks.
 */
final class Names implements AutoCloseable {
  /** What it does. */
  enum Mood {
    ANSWERS,
    KNOWS_NO_NAME,
    SILENT
  }

  private static final int HEADER_BYTES = 12;
  private static final int TYPE_AND_CLASS_BYTES = 4;
  private static final int IS_ANSWER = 0x8180;
  private static final int NO_SUCH_NAME = 3;
  private static final int POINTER_TO_QUESTION = 0xc00c;
  private static final int ADDRESS = 1;
  private static final int TTL_SECONDS = 1;

  private final DatagramSocket socket;
  private volatile Mood mood = Mood.ANSWERS;

  private Names(DatagramSocket socket) {
    this.socket = socket;
  }

  static Names start() throws IOException {
    var names = new Names(new DatagramSocket(0, InetAddress.getLoopbackAddress()));
    Thread.ofVirtual().start(names::serve);
    return names;
  }

  String address() {
    return "127.0.0.1:" + socket.getLocalPort();
  }

  void become(Mood next) {
    mood = next;
  }

  private void serve() {
    byte[] buffer = new byte[1500];
    while (!socket.isClosed()) {
      try {
        var query = new DatagramPacket(buffer, buffer.length);
        socket.receive(query);
        if (mood != Mood.SILENT) {
          byte[] answer = answer(buffer, mood == Mood.KNOWS_NO_NAME);
          socket.send(new DatagramPacket(answer, answer.length, query.getSocketAddress()));
        }
      } catch (IOException closed) {
        return;
      }
    }
  }

  private static byte[] answer(byte[] query, boolean unknown) throws IOException {
    int at = HEADER_BYTES;
    while (query[at] != 0) {
      at += 1 + query[at];
    }
    int questionEnd = at + 1 + TYPE_AND_CLASS_BYTES;
    int type = ((query[at + 1] & 0xff) << 8) | (query[at + 2] & 0xff);
    boolean told = !unknown && type == ADDRESS;
    var bytes = new ByteArrayOutputStream();
    var out = new DataOutputStream(bytes);
    out.write(query, 0, 2);
    out.writeShort(IS_ANSWER | (unknown ? NO_SUCH_NAME : 0));
    out.writeShort(1);
    out.writeShort(told ? 1 : 0);
    out.writeInt(0);
    out.write(query, HEADER_BYTES, questionEnd - HEADER_BYTES);
    if (told) {
      out.writeShort(POINTER_TO_QUESTION);
      out.writeShort(ADDRESS);
      out.writeShort(1);
      out.writeInt(TTL_SECONDS);
      out.writeShort(4);
      out.write(new byte[] {127, 0, 0, 1});
    }
    return bytes.toByteArray();
  }

  @Override
  public void close() {
    socket.close();
  }
}
