package io.penstock.gateway.authenticate;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKMatcher;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.JWKSet;
import io.penstock.config.Jwt;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.text.ParseException;
import java.time.Duration;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * An identity provider's public keys. They are fetched at the start, again every so often, and when
 * a token names a key that is not among them, which is at most once in ten seconds however many
 * such tokens come. What was fetched last stays where the provider does not answer.
 */
final class Jwks {
  private static final System.Logger LOG = System.getLogger(Jwks.class.getName());
  private static final String DISCOVERY = ".well-known/openid-configuration";

  /** What a stranger's tokens can make us ask the provider. */
  static final Duration LEAST_INTERVAL = Duration.ofSeconds(10);

  private final Jwt config;
  private final LongSupplier nanoClock;
  private final Runnable changed;
  private volatile JWKSet keys = new JWKSet();
  private volatile long fetchedNanos;
  private volatile boolean reachable;
  private boolean tried;

  /**
   * @param changed told when a key is no longer there
   */
  Jwks(Jwt config, LongSupplier nanoClock, Runnable changed) {
    this.config = config;
    this.nanoClock = nanoClock;
    this.changed = changed;
  }

  /** The keys that may have made this signature; asks the provider where there is none. */
  List<JWK> candidates(JWSHeader header) {
    List<JWK> known = select(header);
    if (known.isEmpty()) {
      fetchUnlessJustDone();
      known = select(header);
    }
    return known;
  }

  private List<JWK> select(JWSHeader header) {
    return new JWKSelector(JWKMatcher.forJWSHeader(header)).select(keys);
  }

  private synchronized void fetchUnlessJustDone() {
    if (!tried || nanoClock.getAsLong() - fetchedNanos >= LEAST_INTERVAL.toNanos()) {
      fetch();
    }
  }

  /** Whether the provider answered when it was asked last. */
  boolean reachable() {
    return reachable;
  }

  /** Asks the provider. */
  synchronized void fetch() {
    try {
      JWKSet next = JWKSet.parse(Download.text(location())).toPublicJWKSet();
      if (!reachable) {
        LOG.log(INFO, "jwt: {0} keys of {1}", next.size(), config.issuer());
      }
      reachable = true;
      take(next);
    } catch (IOException | ParseException | DecodeException | ClassCastException failed) {
      if (reachable || !tried) {
        LOG.log(
            WARNING,
            "jwt: no keys of {0} to be had ({1}); the {2} from before stay",
            config.issuer(),
            why(failed),
            keys.size());
      }
      reachable = false;
    }
    tried = true;
    fetchedNanos = nanoClock.getAsLong();
  }

  /** Tokens of a key that is gone must not live on in memory. */
  private void take(JWKSet next) {
    boolean gone = !next.getKeys().containsAll(keys.getKeys());
    keys = next;
    if (gone) {
      changed.run();
    }
  }

  private static String why(Exception failed) {
    return failed instanceof IOException
        ? failed.getClass().getSimpleName() + ": " + failed.getMessage()
        : "what it answers is no set of keys";
  }

  private URI location() throws IOException {
    if (config.jwks().isPresent()) {
      return config.jwks().get();
    }
    String issuer = config.issuer().toString();
    URI discovery = URI.create(issuer + (issuer.endsWith("/") ? "" : "/") + DISCOVERY);
    JsonObject document = new JsonObject(Download.text(discovery));
    String jwks = document.getString("jwks_uri");
    if (!issuer.equals(document.getString("issuer")) || jwks == null) {
      throw new IOException("its discovery document is another issuer's, or names no jwks_uri");
    }
    return url(jwks);
  }

  private static URI url(String jwks) throws IOException {
    try {
      URI url = URI.create(jwks);
      if (List.of("http", "https").contains(String.valueOf(url.getScheme()))) {
        return url;
      }
    } catch (IllegalArgumentException _) {
      // Said below.
    }
    throw new IOException("its jwks_uri is no address");
  }
}
