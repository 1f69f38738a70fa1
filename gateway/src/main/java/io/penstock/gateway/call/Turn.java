package io.penstock.gateway.call;

import io.penstock.config.Pool;
import io.penstock.config.Secret;
import java.time.Duration;
import java.util.Optional;

/**
 * A place at one backend. Whoever holds it ends it exactly once, on every path; ending it twice
 * throws {@link IllegalStateException}.
 */
public non-sealed interface Turn extends Seated {
  Pool pool();

  Pool.Backend backend();

  /** Calls at this backend when the turn was given, this one included. */
  int inFlightAtDispatch();

  /** What its request is to carry, where the pool has credentials. */
  Optional<Secret> credential();

  /** The first token of a stream has come. */
  void firstToken();

  /** The backend said that it is not to be asked again for so long. */
  void restBackend(Duration time);

  /** The provider said that of the credential; where there is none, of the backend. */
  void restCredential(Duration time);

  /** Gives the place back and tells the chooser how the backend did. */
  void end(Ended ended);

  /** How a backend did. */
  enum Ended {
    /** It answered, with whatever status a healthy server gives. */
    ANSWERED,
    /** It failed: refused the connection, broke off, timed out, answered 5xx. */
    FAILED,
    /** The call went away before it could be judged. */
    ABANDONED
  }
}
