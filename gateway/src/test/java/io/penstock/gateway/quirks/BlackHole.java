package io.penstock.gateway.quirks;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;

/**
 * An address where connections are neither taken nor refused: a listener that accepts nothing, and
 * whose queue is full.
 */
final class BlackHole implements AutoCloseable {
  private final ServerSocket listener;
  private final List<Socket> queued = new ArrayList<>();

  private BlackHole(ServerSocket listener) {
    this.listener = listener;
  }

  static BlackHole open() throws IOException {
    var hole = new BlackHole(new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1")));
    while (hole.takesOneMore()) {
      // until the queue is full
    }
    return hole;
  }

  private boolean takesOneMore() throws IOException {
    var socket = new Socket();
    try {
      socket.connect(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), listener.getLocalPort()), 300);
      queued.add(socket);
      return true;
    } catch (SocketTimeoutException full) {
      socket.close();
      return false;
    }
  }

  String url() {
    return "http://127.0.0.1:" + listener.getLocalPort();
  }

  /** Takes the connections that queue, the fillers first; returns the first real one. */
  Socket swallow() throws IOException {
    for (int i = 0; i < queued.size(); i++) {
      listener.accept().close();
    }
    return listener.accept();
  }

  @Override
  public void close() throws IOException {
    for (var socket : queued) {
      socket.close();
    }
    listener.close();
  }
}
