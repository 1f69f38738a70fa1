package io.penstock.gateway.dryrun;

import io.penstock.config.Pool;
import io.penstock.gateway.call.Admission;
import io.penstock.gateway.call.CacheOutlook;
import io.penstock.gateway.call.Call;
import io.penstock.gateway.call.Caller;
import io.penstock.gateway.call.Demand;
import io.penstock.gateway.call.LimitState;
import io.penstock.gateway.call.Route;
import java.util.function.Function;

/**
 * What the stages said of one call, up to where a backend would have been called.
 *
 * @param call the request
 * @param caller whose it is
 * @param demand what it asks for
 * @param route where it would go
 * @param admission what its limits would say; nothing was taken
 * @param limits the caller's limits, for a refusal that does not carry them
 * @param cache what the cache would do
 * @param standing how each pool stands
 */
public record Decision(
    Call call,
    Caller caller,
    Demand demand,
    Route route,
    Admission admission,
    LimitState limits,
    CacheOutlook cache,
    Function<Pool, Standing> standing) {}
