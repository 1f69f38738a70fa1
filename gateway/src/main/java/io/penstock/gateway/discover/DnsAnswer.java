package io.penstock.gateway.discover;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.dns.DefaultDnsRecordDecoder;
import io.netty.handler.codec.dns.DnsRawRecord;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsResponse;
import io.netty.handler.codec.dns.DnsSection;
import io.netty.util.NetUtil;
import java.util.ArrayList;
import java.util.List;

/**
 * What an answer's records of one type say.
 *
 * @param addresses of A and AAAA records
 * @param targets of SRV records
 * @param ttlSeconds the least of theirs; the largest number where there are none
 */
record DnsAnswer(List<String> addresses, List<Target> targets, long ttlSeconds) {
  private static final int IPV4_BYTES = 4;
  private static final int IPV6_BYTES = 16;
  private static final int SRV_FIXED_BYTES = 6;

  /** One server of a service. */
  record Target(int priority, String host, int port) {}

  static DnsAnswer of(DnsResponse response, DnsRecordType type) {
    List<String> addresses = new ArrayList<>();
    List<Target> targets = new ArrayList<>();
    long ttl = Long.MAX_VALUE;
    for (int i = 0; i < response.count(DnsSection.ANSWER); i++) {
      if (response.recordAt(DnsSection.ANSWER, i) instanceof DnsRawRecord record
          && record.type().equals(type)) {
        ByteBuf content = record.content().duplicate();
        if (type.equals(DnsRecordType.SRV) && content.readableBytes() > SRV_FIXED_BYTES) {
          targets.add(target(content));
        } else if (content.readableBytes() == IPV4_BYTES || content.readableBytes() == IPV6_BYTES) {
          byte[] address = new byte[content.readableBytes()];
          content.readBytes(address);
          addresses.add(NetUtil.bytesToIpAddress(address));
        }
        ttl = Math.min(ttl, record.timeToLive());
      }
    }
    return new DnsAnswer(addresses, targets, ttl);
  }

  private static Target target(ByteBuf content) {
    int priority = content.readUnsignedShort();
    content.skipBytes(Short.BYTES); // the weight
    int port = content.readUnsignedShort();
    return new Target(priority, DefaultDnsRecordDecoder.decodeName(content), port);
  }

  /** Those of the lowest number, which are to be tried before all others. */
  static List<Target> first(List<Target> targets) {
    int lowest = targets.stream().mapToInt(Target::priority).min().orElse(0);
    return targets.stream().filter(target -> target.priority() == lowest).toList();
  }
}
