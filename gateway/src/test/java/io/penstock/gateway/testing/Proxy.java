package io.penstock.gateway.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A TCP proxy that can be slow, or cut: what is sent into it then goes nowhere, unnoticed. */
public final class Proxy implements AutoCloseable {
  private final ServerSocket listener;
  private final int target;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private volatile long delayMillis;
  private volatile boolean cut;

  private Proxy(int target) throws IOException {
    this.listener = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
    this.target = target;
  }

  public static Proxy to(int port) throws IOException {
    var proxy = new Proxy(port);
    Thread.ofVirtual().start(proxy::accept);
    return proxy;
  }

  public int port() {
    return listener.getLocalPort();
  }

  /** From now on each piece of data is held for so long, each way. */
  public void delay(long millis) {
    delayMillis = millis;
  }

  /** No byte passes any more, and no connection breaks. */
  public void cut() {
    cut = true;
  }

  /** As before; the connections that were cut are broken now. */
  public void mend() throws IOException {
    cut = false;
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        sockets.add(client);
        Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
        sockets.add(server);
        client.setTcpNoDelay(true);
        server.setTcpNoDelay(true);
        Thread.ofVirtual().start(() -> pump(client, server));
        Thread.ofVirtual().start(() -> pump(server, client));
      } catch (IOException refused) {
        // The target is away, or this is closed; who connected sees it by its silence.
      }
    }
  }

  private void pump(Socket from, Socket to) {
    byte[] chunk = new byte[64 * 1024];
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
        if (delayMillis > 0) {
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(delayMillis));
        }
        if (!cut) {
          out.write(chunk, 0, n);
        }
      }
    } catch (IOException broken) {
      // The other side is closed too.
    } finally {
      sockets.remove(from);
      sockets.remove(to);
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
