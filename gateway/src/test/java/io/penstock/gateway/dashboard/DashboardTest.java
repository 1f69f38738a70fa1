package io.penstock.gateway.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.gateway.cli.Penstocked;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The dashboard in Chromium while the demo's traffic runs. */
final class DashboardTest {
  private static Penstocked demo;
  private static Chromium chromium;
  private static String url;
  private Page page;

  @BeforeAll
  static void start() throws Exception {
    demo = Penstocked.start(Map.of(), "demo", "--port", "0", "--admin-port", "0");
    chromium = Chromium.start();
    url = adminUrl(demo.untilReady());
  }

  @AfterAll
  static void stop() throws Exception {
    if (chromium != null) {
      chromium.close();
    }
    demo.close();
  }

  static String adminUrl(List<String> said) {
    return said.stream()
        .filter(line -> line.startsWith("admin "))
        .map(line -> line.substring("admin ".length()))
        .findFirst()
        .orElseThrow();
  }

  @BeforeEach
  void open() throws Exception {
    page = chromium.open(1280, 900);
  }

  /** Whatever a test does, nothing may be complained of, and nothing come from elsewhere. */
  @AfterEach
  void close() {
    assertThat(page.complaints()).isEmpty();
    assertThat(page.asked())
        .isNotEmpty()
        .allSatisfy(asked ->
            assertThat(asked).matches(it -> it.startsWith(url) || it.equals("about:blank")));
    page.close();
  }

  @Test
  void live_underTraffic_fillsEveryPanel() throws Exception {
    page.go(url);
    page.until("document.querySelector('#ready').innerText === 'ready'");
    page.until("document.querySelectorAll('#pools article').length === 3");
    page.until("document.querySelectorAll('#pools tbody tr').length === 5");
    page.until("document.querySelectorAll('#tiers tr').length === 3");
    page.until("document.querySelectorAll('#tiles .tile').length === 6");
    page.until("document.querySelectorAll('#traffic-chart path').length === 4");
    page.until("document.querySelectorAll('#latency-chart path[d^=M]').length >= 2");
    page.until("/of .* req.s within SLO/.test(document.querySelector('#pools').innerText)");
    page.until("parseFloat(document.querySelector('#tiles .value').innerText) > 0");
    page.until("/Since start\\s+\\$0?\\.?\\d/.test(document.querySelector('#cost').innerText)");
    assertThat(page.text("#attention")).isNotBlank();
  }

  @Test
  void live_costOfTheMonth_isThere_sinceTheDemoHasAJournal() throws Exception {
    page.go(url);
    page.until("/This month\\s+\\$0?\\.?\\d/.test(document.querySelector('#cost').innerText)");
  }

  @Test
  void live_pausedByKeyboard_standsStill() throws Exception {
    page.go(url);
    page.until("document.querySelector('#ready').innerText === 'ready'");
    page.tabTo("it.id === 'pause'");
    page.press("Enter");
    page.until("document.querySelector('#pause').getAttribute('aria-pressed') === 'true'");
    page.until("document.querySelector('#ready').innerText === 'paused'");
    page.press("Enter");
    page.until("document.querySelector('#ready').innerText === 'ready'");
  }

  @Test
  void backend_drainedByKeyboard_isShownAndComesBack() throws Exception {
    page.go(url);
    page.until("document.querySelectorAll('#pools tbody tr').length === 5");
    page.tabTo("it.getAttribute('aria-label') === 'drain medium-2 of medium'");
    page.press("Enter");
    page.until(
        "document.querySelector('#attention').innerText.includes('medium-2 of medium is"
            + " draining')");
    page.until(
        "document.activeElement.getAttribute('aria-label') === 'undrain medium-2 of medium'");
    page.press("Enter");
    page.until("document.activeElement.getAttribute('aria-label') === 'drain medium-2 of medium'");
  }

  @Test
  void dryRun_byKeyboardAlone_saysWhereAndWhy() throws Exception {
    page.go(url);
    page.tabTo("it.hash === '#try'");
    page.press("Enter");
    page.until("document.querySelectorAll('#try-key option').length === 3");
    assertThat(page.value("document.activeElement.id")).isEqualTo("main");
    page.tabTo("it.id === 'try-message'");
    page.value("document.activeElement.select()");
    page.type("Say hello.");
    page.tabTo("it.innerText === 'Decide'");
    page.press("Enter");
    page.until("document.querySelectorAll('#try-result .path li').length === 6");
    assertThat(page.text("#try-result"))
        .contains("small", "sends simple requests to small", "admitted");
    page.until("document.querySelectorAll('#try-result .signal').length > 0");
  }

  @Test
  void dryRun_ofWhatIsNoRequest_saysSo() throws Exception {
    page.go(url + "/#try");
    page.until("document.querySelectorAll('#try-key option').length === 3");
    page.tabTo("it.id === 'try-raw'");
    page.press(" ");
    page.tabTo("it.id === 'try-json'");
    page.value("document.activeElement.select()");
    page.type("{\"messages\": ");
    page.tabTo("it.innerText === 'Decide'");
    page.press("Enter");
    page.until("document.querySelector('#try-result').innerText.includes('not JSON')");
  }

  @Test
  void whatIf_byKeyboard_redrawsThePlan() throws Exception {
    page.go(url);
    page.tabTo("it.hash === '#whatif'");
    page.press("Enter");
    page.until("document.querySelectorAll('#whatif-pools article').length >= 1");
    page.tabTo("it.id === 'whatif-growth'");
    page.press("End");
    page.until("document.querySelector('#whatif-growth-said').innerText === '100×'");
    page.tabTo("it.id === 'whatif-small-gpu'");
    for (int i = 0; i < 40 && !"h200".equals(page.value("document.activeElement.value")); i++) {
      page.press("ArrowDown");
    }
    page.until("document.querySelector('#whatif-said').innerText.includes('1 h200')");
    page.until("document.querySelectorAll('#whatif-pools article svg path').length >= 2");
  }

  @Test
  void everyPage_namesWhatItsControlsDo() throws Exception {
    page.go(url);
    page.until("document.querySelectorAll('#pools tbody tr').length === 5");
    for (String hash : List.of("#live", "#try", "#whatif")) {
      page.value("location.hash = '" + hash + "'");
      page.until("document.querySelector('" + hash + "').offsetHeight > 0");
      if (hash.equals("#whatif")) {
        page.until("document.querySelectorAll('#whatif-form select').length > 0");
      }
      var nodes = page.accessible();
      assertThat(nodes)
          .filteredOn(node ->
              List.of(
                      "button",
                      "link",
                      "textbox",
                      "combobox",
                      "spinbutton",
                      "slider",
                      "checkbox",
                      "region",
                      "meter",
                      "image",
                      "article")
                  .contains(node.role()))
          .isNotEmpty()
          .allSatisfy(node -> assertThat(node.name()).as(node.role() + " on " + hash).isNotBlank());
      assertThat(nodes)
          .extracting(Page.Named::role)
          .contains("main", "navigation", "banner", "heading");
    }
  }
}
