package io.penstock.loadtest.chaos;

import io.penstock.loadtest.chaos.Stage.Setup;

/** What goes wrong at a model server. */
final class ServerTroubles {
  private ServerTroubles() {}

  static void killed(Stage stage) throws Exception {
    int port = Stage.freePort();
    Child b = stage.modelServer(port);
    stage.open(Stage.url(port), Setup.USUAL);
    stage.warm();
    stage.begins();
    b.kill();
    Stage.hold(2000);
    stage.modelServer(port);
    stage.healed();
    stage.awaitBack();
  }

  static void frozen(Stage stage) throws Exception {
    int port = Stage.freePort();
    Child b = stage.modelServer(port);
    stage.open(Stage.url(port), Setup.USUAL);
    stage.warm();
    stage.begins();
    b.signal("STOP");
    Stage.hold(4000);
    b.signal("CONT");
    stage.healed();
    stage.awaitBack();
  }

  static void refused(Stage stage) throws Exception {
    int port = Stage.freePort();
    stage.open(Stage.url(port), Setup.USUAL);
    stage.drain(Stage.B);
    stage.warm();
    stage.begins();
    stage.undrain(Stage.B);
    Stage.hold(2000);
    stage.modelServer(port);
    stage.healed();
    stage.awaitBack();
  }

  static void onlyBackendKilled(Stage stage) throws Exception {
    int port = Stage.freePort();
    Child b = stage.modelServer(port);
    stage.open(Stage.url(port), Setup.USUAL);
    stage.drain(Stage.A);
    stage.warm();
    stage.begins();
    b.kill();
    Stage.hold(2000);
    stage.modelServer(port);
    stage.healed();
    stage.awaitBack();
  }

  /** Servers that were found once stay, whatever becomes of who named them. */
  static void dnsGone(Stage stage) throws Exception {
    int port = Stage.freePort();
    stage.modelServer(port);
    Names names = stage.closing(Names.start());
    String found =
        "discover: {dns: \"http://b.models.test:%d\", server: \"%s\", every: 1s}"
            .formatted(port, names.address());
    stage.open(found);
    stage.warm();
    stage.begins();
    names.become(Names.Mood.SILENT);
    Stage.hold(4000);
    names.become(Names.Mood.KNOWS_NO_NAME);
    Stage.hold(3000);
    names.become(Names.Mood.ANSWERS);
    stage.healed();
    Stage.hold(2000);
  }

  static void halfOpen(Stage stage) throws Exception {
    joinedBy(stage, stage.closing(BadServer.vanished()), 3000);
  }

  static void slowFirstToken(Stage stage) throws Exception {
    joinedBy(stage, stage.closing(BadServer.start(BadServer.slowFirstToken(4000))), 5000);
  }

  static void slowTokens(Stage stage) throws Exception {
    joinedBy(stage, stage.closing(BadServer.start(BadServer.slowTokens(2000))), 5000);
  }

  static void endless(Stage stage) throws Exception {
    joinedBy(stage, stage.closing(BadServer.start(BadServer.endless())), 6000);
    // The last that were given to b end with the total time-out.
    Stage.hold(5000);
  }

  static void hugeFrame(Stage stage) throws Exception {
    joinedBy(stage, stage.closing(BadServer.start(BadServer.hugeFrame())), 2000);
    stage.note("the gateway's memory afterwards: " + stage.gateway().residentMib() + " MiB");
  }

  static void cut(Stage stage) throws Exception {
    faulty(stage, "cut-mid-stream", 2000);
  }

  static void garbage(Stage stage) throws Exception {
    faulty(stage, "garbage", 2000);
  }

  static void wrongContentType(Stage stage) throws Exception {
    faulty(stage, "wrong-content-type", 2000);
  }

  private static void faulty(Stage stage, String fault, long millis) throws Exception {
    int port = Stage.freePort();
    stage.modelServer(port, "--fault", fault);
    joinedBy(stage, Stage.url(port), millis);
  }

  private static void joinedBy(Stage stage, BadServer b, long millis) throws Exception {
    joinedBy(stage, b.url(), millis);
  }

  /** The bad server is taken into the pool, and out of it after so many milliseconds. */
  private static void joinedBy(Stage stage, String url, long millis) throws Exception {
    stage.open(url, Setup.USUAL);
    stage.drain(Stage.B);
    stage.warm();
    stage.begins();
    stage.undrain(Stage.B);
    Stage.hold(millis);
    stage.drain(Stage.B);
    stage.healed();
    Stage.hold(1000);
  }
}
