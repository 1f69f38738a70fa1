package io.penstock.gateway.discover;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.dns.DefaultDnsQuestion;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsResponse;
import io.netty.handler.codec.dns.DnsResponseCode;
import io.netty.resolver.dns.DnsNameResolver;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.resolver.dns.SingletonDnsServerAddressStreamProvider;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.penstock.config.Discovery;
import io.penstock.config.Pool;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The addresses of a name (RFC 1035, RFC 3596), or of the targets of a service (RFC 2782). The
 * name's servers are asked at each look: what is cached here is nothing, and the answers' time to
 * live says when to look again.
 */
final class DnsSource implements Source {
  private static final Duration SHORTEST = Duration.ofSeconds(1);
  private static final int TRIES = 3;
  private static final long TRY_MILLIS = 2000;

  private final @Nullable URI url;
  private final @Nullable String service;
  private final EventLoopGroup loop;
  private final DnsNameResolver resolver;
  private long ttlSeconds = Long.MAX_VALUE;

  DnsSource(Discovery where) {
    this.url = where.dns().orElse(null);
    this.service = where.srv().orElse(null);
    this.loop =
        new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("penstock-dns", true), NioIoHandler.newFactory());
    var builder =
        new DnsNameResolverBuilder(loop.next())
            .datagramChannelType(NioDatagramChannel.class)
            .socketChannelType(NioSocketChannel.class)
            .queryTimeoutMillis(TRY_MILLIS);
    where
        .server()
        .map(DnsSource::address)
        .map(SingletonDnsServerAddressStreamProvider::new)
        .ifPresent(builder::nameServerProvider);
    this.resolver = builder.build();
  }

  private static InetSocketAddress address(String hostAndPort) {
    int colon = hostAndPort.lastIndexOf(':');
    return new InetSocketAddress(
        hostAndPort.substring(0, colon), Integer.parseInt(hostAndPort.substring(colon + 1)));
  }

  @Override
  public Optional<List<Pool.Backend>> look() throws Unusable, InterruptedException {
    ttlSeconds = Long.MAX_VALUE;
    Map<String, Pool.Backend> found = new TreeMap<>();
    if (url != null) {
      int port = url.getPort() >= 0 ? url.getPort() : 80;
      String path = url.getRawPath() == null ? "" : url.getRawPath();
      add(found, url.getHost(), port, path);
    } else if (service != null) {
      for (DnsAnswer.Target target : DnsAnswer.first(targets(service))) {
        add(found, target.host(), target.port(), "");
      }
    }
    if (found.isEmpty()) {
      throw new Unusable((url == null ? service : url.getHost()) + ": no address");
    }
    return Optional.of(List.copyOf(found.values()));
  }

  private List<DnsAnswer.Target> targets(String name) throws Unusable, InterruptedException {
    return ask(name, DnsRecordType.SRV).targets();
  }

  private void add(Map<String, Pool.Backend> found, String host, int port, String path)
      throws Unusable, InterruptedException {
    for (DnsRecordType type : List.of(DnsRecordType.A, DnsRecordType.AAAA)) {
      for (String address : ask(host, type).addresses()) {
        boolean six = address.contains(":");
        String id = (six ? "ip6-" + address.replace(':', '-') : address) + "-" + port;
        URI at = URI.create("http://" + (six ? "[" + address + "]" : address) + ":" + port + path);
        found.put(id, new Pool.Backend(id, at));
      }
    }
  }

  /** One question; that there is nothing of this type is an answer, too. */
  private DnsAnswer ask(String name, DnsRecordType type) throws Unusable, InterruptedException {
    String why = "no answer";
    for (int i = 0; i < TRIES; i++) {
      var asked = resolver.query(new DefaultDnsQuestion(name, type)).await();
      if (asked.isSuccess()) {
        var envelope = asked.getNow();
        try {
          DnsResponse response = envelope.content();
          DnsResponseCode code = response.code();
          if (code.equals(DnsResponseCode.NOERROR)) {
            DnsAnswer answer = DnsAnswer.of(response, type);
            ttlSeconds = Math.min(ttlSeconds, answer.ttlSeconds());
            return answer;
          }
          if (code.equals(DnsResponseCode.NXDOMAIN)) {
            throw new Unusable(name + ": there is no such name");
          }
          why = code.toString();
        } finally {
          envelope.release();
        }
      } else {
        why = asked.cause().getClass().getSimpleName();
      }
    }
    throw new Unusable(name + ": " + type.name() + " records cannot be had: " + why);
  }

  @Override
  public Duration goodFor() {
    Duration ttl = Duration.ofSeconds(Math.min(ttlSeconds, TimeUnit.DAYS.toSeconds(1)));
    return ttl.compareTo(SHORTEST) < 0 ? SHORTEST : ttl;
  }

  @Override
  public void close() {
    resolver.close();
    var _ = loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
