package io.penstock.loadtest.chaos;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Runs faults one after the other, each with a gateway of its own. A fault is begun when the load
 * is answered well; at its end the gateway must count every call, hold none, and answer again.
 */
public final class Chaos {
  private final Launcher launcher;

  public Chaos(Launcher launcher) {
    this.launcher = launcher;
  }

  /**
   * Runs them.
   *
   * @param told hears of each outcome as soon as it is there
   */
  public List<Outcome> run(List<Trouble> troubles, Consumer<Outcome> told)
      throws IOException, InterruptedException {
    List<Outcome> outcomes = new ArrayList<>();
    try (var a = Stage.start(launcher, 0)) {
      String url = a.untilReady().getFirst().substring("model server ".length());
      for (Trouble trouble : troubles) {
        Outcome outcome = play(trouble, url);
        outcomes.add(outcome);
        told.accept(outcome);
      }
    }
    return outcomes;
  }

  private Outcome play(Trouble trouble, String urlOfA) throws InterruptedException {
    try (var stage = new Stage(trouble, launcher, urlOfA)) {
      trouble.script().play(stage);
      return stage.end();
    } catch (Skipped skipped) {
      return Outcome.skipped(trouble, String.valueOf(skipped.getMessage()));
    } catch (InterruptedException | RuntimeException failed) {
      throw failed;
    } catch (Exception failed) {
      return Outcome.failed(trouble, failed);
    }
  }
}
