package io.penstock.gateway.upstream;

import io.penstock.gateway.call.Hop;
import io.penstock.gateway.call.Operation;
import io.penstock.gateway.call.Turn;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.RequestOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Attempts of several calls at one server that go there as one request. Each is told its own part
 * of the answer as if it were alone; where the server refuses the whole, or answers something else,
 * each is sent again alone. One that is left takes nothing from the others.
 */
final class Batch implements Course {
  private static final int OK = 200;
  private static final int TOO_MANY = 429;
  private static final int MAX_ANSWER_BYTES = 256 << 20;

  /** A call in it. */
  private record Member(Attempt attempt, BatchPart part) {}

  private final Operation operation;
  private final Attempt shared;
  private final List<Member> members = new ArrayList<>();
  private @Nullable List<Member> sent;
  private int inputs;
  private int status;
  private @Nullable MultiMap headers;
  private Buffer answer = Buffer.buffer();

  Batch(Operation operation, Turn first, Connections connections) {
    this.operation = operation;
    this.shared = new Attempt(this, first, connections, false);
  }

  void add(Attempt attempt, BatchPart part) {
    members.add(new Member(attempt, part));
    inputs += part.count();
    attempt.joined(this);
  }

  int inputs() {
    return inputs;
  }

  /** Whether it is sent already, or nobody is in it any more. */
  boolean closed() {
    return sent != null || members.isEmpty();
  }

  void send(long nowNanos) {
    if (closed()) {
      return;
    }
    sent = List.copyOf(members);
    if (members.size() == 1) {
      alone();
    } else {
      shared.start(nowNanos);
    }
  }

  /** A call wants its part no more. */
  void left(Attempt attempt) {
    members.removeIf(member -> member.attempt == attempt);
    if (members.isEmpty() && sent != null) {
      shared.abandon();
    }
  }

  private List<Attempt> here() {
    return members.stream().map(Member::attempt).toList();
  }

  /** Each by itself, as if there had been no batch. */
  private void alone() {
    for (Attempt each : here()) {
      each.startAlone(System.nanoTime());
    }
  }

  private Attempt first() {
    return members.getFirst().attempt;
  }

  @Override
  public Hop hop(Turn to) {
    return first().course().hop(to);
  }

  @Override
  public RequestOptions head(Connections.Origin origin, Turn to) {
    return members.isEmpty() ? new RequestOptions() : first().course().head(origin, first().turn());
  }

  @Override
  public Buffer body(Turn to) {
    List<Member> all = sent == null ? members : sent;
    Buffer body = Buffer.buffer().appendBytes(all.getFirst().part.before()).appendString("[");
    for (int i = 0; i < all.size(); i++) {
      if (i > 0) {
        body.appendString(",");
      }
      body.appendBytes(all.get(i).part.inputs());
    }
    return body.appendString("]").appendBytes(all.getFirst().part.after());
  }

  @Override
  public void sent() {
    here().forEach(each -> each.course().sent());
  }

  @Override
  public void head(int answered, MultiMap given) {
    status = answered;
    headers = given;
  }

  @Override
  public void data(Buffer bytes) {
    if (answer.length() + (long) bytes.length() > MAX_ANSWER_BYTES) {
      shared.abandon();
      alone();
    } else {
      answer.appendBuffer(bytes);
    }
  }

  @Override
  public void end() {
    List<Member> all = sent == null ? List.of() : sent;
    if (status == OK) {
      Optional<List<Buffer>> parts =
          new BatchAnswer(answer.getBytes(), operation)
              .split(all.stream().map(Member::part).toList());
      if (parts.isPresent()) {
        for (int i = 0; i < all.size(); i++) {
          tell(all.get(i), parts.get().get(i));
        }
      } else {
        alone();
      }
    } else if (status >= 400 && status < 500 && status != TOO_MANY) {
      alone();
    } else {
      all.forEach(each -> tell(each, answer.copy()));
    }
  }

  private void tell(Member member, Buffer part) {
    MultiMap given = headers;
    if (members.contains(member) && given != null) {
      member.attempt.answered(status, given, part);
    }
  }

  @Override
  public void paused(boolean now) {
    // It is taken whole.
  }

  @Override
  public void failed(String reason, Throwable cause, boolean mayHaveBeenDead) {
    here().forEach(each -> each.batchFailed(reason, cause, mayHaveBeenDead));
  }
}
