package io.penstock.gateway.capacity;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import org.junit.jupiter.api.Test;

final class ServerLoadTest {
  private static ServerLoad said(double running, double waiting, double kv) {
    return new ServerLoad(running, waiting, kv, 0);
  }

  @Test
  void parse_ofVllm_addsItsEnginesUp() {
    var load =
        Objects.requireNonNull(
            ServerLoad.parse(
                """
                # HELP vllm:num_requests_running Requests in the running batch
                # TYPE vllm:num_requests_running gauge
                vllm:num_requests_running{engine="0",model_name="a}b c"} 3.0
                vllm:num_requests_running{engine="1",model_name="a}b c"} 4.0
                vllm:num_requests_waiting{engine="0",model_name="a}b c"} 2.0
                vllm:num_requests_waiting_by_reason{engine="0",reason="x"} 9.0
                vllm:kv_cache_usage_perc{engine="0",model_name="a}b c"} 0.25
                vllm:kv_cache_usage_perc{engine="1",model_name="a}b c"} 0.5
                """,
                7));
    assertThat(load).isEqualTo(new ServerLoad(7, 2, 0.5, 7));
  }

  @Test
  void parse_ofSglang_andOfOthers() {
    assertThat(
            ServerLoad.parse(
                "sglang:num_running_reqs 5\n"
                    + "sglang:num_queue_reqs 1 1700000000\n"
                    + "sglang:token_usage{} 0.1\n",
                1))
        .isEqualTo(new ServerLoad(5, 1, 0.1, 1));
    assertThat(ServerLoad.parse("up 1\nnonsense\n\n{}\nvllm:num_requests_running x\n", 1)).isNull();
  }

  @Test
  void lost_areThePlacesOfCallsThatOthersGave() {
    assertThat(said(12, 0, 0.4).lost(null, 8, 32)).isEqualTo(4);
    assertThat(said(6, 0, 0.4).lost(null, 8, 32)).as("own that have not arrived").isZero();
    assertThat(said(60, 0, 0.4).lost(null, 8, 32)).isEqualTo(32);
  }

  @Test
  void lost_whereCallsWaitInTheServerOrItsMemoryIsFull_areAllThatItDoesNotCompute() {
    var full = said(20, 4, 0.6);
    assertThat(full.lost(full, 24, 32)).isEqualTo(12);
    assertThat(full.lost(said(20, 0, 0.6), 24, 32)).as("for a moment").isZero();
    assertThat(said(20, 1, 0.6).lost(said(20, 1, 0.6), 21, 32)).as("one is just coming").isZero();
    var memory = said(20, 0, 0.99);
    assertThat(memory.lost(memory, 20, 32)).isEqualTo(12);
  }
}
