package io.penstock.gateway.accept;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.http.HttpServerRequest;
import java.lang.reflect.Proxy;
import org.junit.jupiter.api.Test;

final class BodyMemoryTest {
  private final BodyMemory memory = new BodyMemory(1000);

  /** Only who it is matters. */
  private static HttpServerRequest holder() {
    return (HttpServerRequest)
        Proxy.newProxyInstance(
            BodyMemoryTest.class.getClassLoader(),
            new Class<?>[] {HttpServerRequest.class},
            (self, method, arguments) ->
                switch (method.getName()) {
                  case "hashCode" -> System.identityHashCode(self);
                  case "equals" -> self == arguments[0];
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  @Test
  void take_overTheBound_isRefusedAndTakesNothing() {
    assertThat(memory.take(holder(), 900)).isTrue();
    assertThat(memory.take(holder(), 200)).isFalse();
    assertThat(memory.takenBytes()).isEqualTo(900);
  }

  @Test
  void take_ofOneAlone_isGivenWhateverItsSize() {
    var one = holder();
    assertThat(memory.take(one, 900)).isTrue();
    assertThat(memory.take(one, 5000)).isTrue();
    assertThat(memory.take(holder(), 1)).isFalse();
  }

  @Test
  void release_givesAllOfItBack_andOnce() {
    var one = holder();
    memory.take(one, 400);
    memory.take(one, 300);
    memory.release(one);
    memory.release(one);
    assertThat(memory.takenBytes()).isZero();
    assertThat(memory.take(holder(), 1000)).isTrue();
  }
}
