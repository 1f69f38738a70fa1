package io.penstock.loadtest.chaos;

import io.penstock.loadtest.chaos.Sample.Saw;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * What came of one fault.
 *
 * @param name the fault's
 * @param about what was done
 * @param skipped why it was not run; empty where it was
 * @param saw how many calls ended how, of those that ended after the fault began
 * @param errors what the calls that were not answered were told, and how often
 * @param lastBadMillis how long after the fault began the last such call ended; -1: there was none
 * @param backMillis how long after its end the backend answered again; -1: does not apply
 * @param retried calls that another backend answered
 * @param meters the gateway's own count
 * @param broken what should hold and does not
 * @param notes what else was seen
 */
public record Outcome(
    String name,
    String about,
    String skipped,
    Map<Saw, Integer> saw,
    Map<String, Integer> errors,
    long lastBadMillis,
    long backMillis,
    long retried,
    Meters meters,
    List<String> broken,
    List<String> notes) {

  private static final Meters NONE = new Meters(0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

  static Outcome skipped(Trouble trouble, String why) {
    return new Outcome(
        trouble.label(),
        trouble.about(),
        why,
        Map.of(),
        Map.of(),
        -1,
        -1,
        0,
        NONE,
        List.of(),
        List.of());
  }

  static Outcome failed(Trouble trouble, Exception why) {
    List<String> broken = List.of("it could not be played to its end: " + why);
    return new Outcome(
        trouble.label(),
        trouble.about(),
        "",
        Map.of(),
        Map.of(),
        -1,
        -1,
        0,
        NONE,
        broken,
        List.of());
  }

  static Outcome of(
      Trouble trouble,
      List<Sample> samples,
      long beganNanos,
      long healedNanos,
      boolean expectsBack,
      Meters meters,
      List<String> broken,
      List<String> notes) {
    Map<Saw, Integer> saw = new EnumMap<>(Saw.class);
    Map<String, Integer> errors = new TreeMap<>();
    long lastBad = -1;
    long back = -1;
    long retried = 0;
    for (Sample sample : samples) {
      long after = (sample.endedNanos() - beganNanos) / 1_000_000;
      if (after >= 0) {
        saw.merge(sample.saw(), 1, Integer::sum);
        retried += !sample.bad() && sample.attempts() > 1 ? 1 : 0;
        if (sample.bad()) {
          errors.merge(sample.saw().label() + ": " + sample.what(), 1, Integer::sum);
          lastBad = Math.max(lastBad, after);
        }
      }
      if (expectsBack
          && !sample.bad()
          && sample.beganNanos() >= healedNanos
          && sample.backend().equals(Stage.B)) {
        long millis = (sample.endedNanos() - healedNanos) / 1_000_000;
        back = back < 0 ? millis : Math.min(back, millis);
      }
    }
    return new Outcome(
        trouble.label(),
        trouble.about(),
        "",
        saw,
        errors,
        lastBad,
        back,
        retried,
        meters,
        broken,
        notes);
  }

  /** Whether all that should hold does. */
  public boolean good() {
    return broken.isEmpty();
  }

  int count(Saw what) {
    return saw.getOrDefault(what, 0);
  }

  private String told() {
    List<String> parts = new ArrayList<>();
    parts.add(
        count(Saw.ANSWERED)
            + " answered"
            + (retried == 0 ? "" : ", " + retried + " of them by another backend"));
    errors.forEach((what, times) -> parts.add(times + " × " + what));
    return String.join("; ", parts);
  }

  private String lost() {
    int after = count(Saw.ERROR_FRAME) + count(Saw.BROKEN);
    int before = count(Saw.ERROR);
    if (after + before == 0) {
      return "nothing";
    }
    List<String> parts = new ArrayList<>();
    if (after > 0) {
      parts.add(after + " in the middle of an answer");
    }
    if (before > 0) {
      parts.add(before + " before its first token");
    }
    return String.join(", ", parts);
  }

  private String recovered() {
    String undisturbed = lastBadMillis < 0 ? "at once" : seconds(lastBadMillis);
    return backMillis < 0 ? undisturbed : undisturbed + "; back " + seconds(backMillis);
  }

  private static String seconds(long millis) {
    return String.format(Locale.ROOT, "%.1f s", millis / 1e3);
  }

  private String law() {
    return "%d = %d + %d + %d + %d"
        .formatted(
            meters.accepted(),
            meters.answered(),
            meters.refused(),
            meters.failed(),
            meters.cancelled());
  }

  /** A table of all of them, in Markdown. */
  public static String markdown(List<Outcome> outcomes) {
    var table =
        new StringBuilder(
            """
            | fault | what the clients saw | lost | undisturbed after; backend back after | accepted = answered + refused + failed + cancelled | also seen |
            | --- | --- | --- | --- | --- | --- |
            """);
    for (Outcome each : outcomes) {
      table.append("| **").append(each.name).append("**: ").append(each.about).append(" | ");
      if (each.skipped.isEmpty()) {
        table
            .append(each.told())
            .append(" | ")
            .append(each.lost())
            .append(" | ")
            .append(each.recovered())
            .append(" | ")
            .append(each.law())
            .append(" | ")
            .append(String.join("; ", each.notes))
            .append(each.good() ? "" : " **" + String.join("; ", each.broken) + "**");
      } else {
        table.append("not run: ").append(each.skipped).append(" | | | |");
      }
      table.append(" |\n");
    }
    return table.toString();
  }

  /** Some lines for a terminal. */
  public String text() {
    if (!skipped.isEmpty()) {
      return "%-22s skipped: %s%n".formatted(name, skipped);
    }
    var text = new StringBuilder();
    text.append(
        "%-22s %s; lost: %s; undisturbed after %s%n".formatted(name, told(), lost(), recovered()));
    notes.forEach(note -> text.append("%22s %s%n".formatted("", note)));
    broken.forEach(what -> text.append("%22s BROKEN: %s%n".formatted("", what)));
    return text.toString();
  }

  /** As JSON. */
  public JsonObject json() {
    var calls = new JsonObject();
    saw.forEach((what, times) -> calls.put(what.label(), times));
    var errorsSeen = new JsonObject();
    errors.forEach(errorsSeen::put);
    return new JsonObject()
        .put("fault", name)
        .put("about", about)
        .put("skipped", skipped.isEmpty() ? null : skipped)
        .put("calls", calls)
        .put("errors", errorsSeen)
        .put("retried", retried)
        .put("undisturbed_after_ms", Math.max(0, lastBadMillis))
        .put("backend_back_after_ms", backMillis < 0 ? null : backMillis)
        .put("accepted", meters.accepted())
        .put("answered", meters.answered())
        .put("refused", meters.refused())
        .put("failed", meters.failed())
        .put("cancelled", meters.cancelled())
        .put("broken", new JsonArray(broken))
        .put("notes", new JsonArray(notes));
  }
}
