package io.penstock.gateway.admin;

import io.micrometer.core.instrument.MeterRegistry;
import io.penstock.config.PenstockConfig;
import io.penstock.gateway.authenticate.KeyStore;
import io.penstock.planner.autoscale.PoolCapacity;
import io.vertx.core.Future;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the admin port may see and do of a running gateway. Every method may be called from any
 * thread and may block for a moment: the port runs on virtual threads.
 */
public interface Controls {
  /** Why the gateway should get no traffic; empty where it should. */
  List<String> whyNotReady();

  /** All metrics, in Prometheus' text format. */
  String metrics();

  /** The pools in the order of the config. */
  List<PoolView> pools();

  /** The tiers in the order of the config. */
  List<TierView> tiers();

  /** The pools whose hardware the config names, in its order. */
  List<PoolCapacity> capacities();

  /** The config that serves. */
  PenstockConfig config();

  /** All meters, for whoever reads them without a scrape. */
  MeterRegistry meters();

  /** Decides on a request as the gateway would, takes nothing and calls nobody. */
  Rehearsal.Answer rehearse(Rehearsal asked);

  /** Reads the config again and takes it; on an error the old one stays. */
  Reloaded reload();

  /** Takes a backend out gently, or back in; false where the pool has no such backend. */
  boolean drain(String pool, String backend, Draining draining);

  /** What the cache holds. */
  CacheView cache();

  /**
   * Forgets answers.
   *
   * @param tenant whose; null: all
   * @return how many this process held; it fails where the fleet's store was not reached
   */
  Future<Long> clearCache(@Nullable String tenant);

  /** Where keys are added and revoked; empty where the config names no such place. */
  Optional<KeyStore> keys();

  /** Whether a backend is to be given new calls. */
  enum Draining {
    /** Calls in flight finish, new ones go elsewhere. */
    DRAIN,
    /** It is given calls again. */
    UNDRAIN
  }
}
