package io.penstock.gateway.dashboard;

import io.penstock.gateway.cli.Penstocked;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import org.junit.jupiter.api.Test;

/**
 * Takes the pictures of {@code docs/images}; run by hand, as {@code docs/dashboard.md} says. The
 * traffic runs for a minute and a half first, so that the charts have something to show.
 */
final class DashboardPictures {
  private static final Path TO =
      Path.of(System.getProperty("penstock.pictures", "target/pictures"));
  private static final int SECONDS = Integer.getInteger("penstock.pictures.after", 90);

  @Test
  void take() throws Exception {
    Files.createDirectories(TO);
    try (var demo = Penstocked.start(Map.of(), "demo", "--port", "0", "--admin-port", "0");
        var chromium = Chromium.start();
        var page = chromium.open(1360, 900)) {
      var url = DashboardTest.adminUrl(demo.untilReady());
      page.prefer("light");
      page.go(url);
      page.until("document.querySelectorAll('#traffic-chart path').length > 0");
      var begun = System.nanoTime();
      while (System.nanoTime() - begun < SECONDS * 1_000_000_000L) {
        page.value("new Promise(done => setTimeout(done, 1000))");
      }
      picture(page, "dashboard-light", 1360);
      page.prefer("dark");
      picture(page, "dashboard-dark", 1360);
      picture(page, "dashboard-narrow", 420);
      page.resize(1360, 900);
      page.prefer("light");
      page.value("location.hash = '#try'");
      page.until("document.querySelectorAll('#try-key option').length > 0");
      page.value("document.querySelector('#try-key').selectedIndex = 2");
      page.value("document.querySelector('#try-form').requestSubmit()");
      page.until("document.querySelectorAll('#try-result li').length > 0");
      picture(page, "dashboard-try", 1360);
      page.prefer("dark");
      page.value("location.hash = '#whatif'");
      page.until("document.querySelectorAll('#whatif-pools article').length > 0");
      page.value(
          "(() => { const g = document.querySelector('#whatif-growth'); g.value = 1.3;"
              + " g.dispatchEvent(new Event('input', {bubbles: true}));"
              + " const s = document.querySelector('#whatif-small-gpu'); s.value = 'h100';"
              + " s.dispatchEvent(new Event('input', {bubbles: true})); })()");
      page.until("document.querySelector('#whatif-said').innerText.includes('h100')");
      picture(page, "dashboard-whatif", 1360);
    }
  }

  /** Fewer shades than a screen has, and the best compression: a quarter of the bytes. */
  private static void save(BufferedImage shot, String name) throws IOException {
    var plain = new BufferedImage(shot.getWidth(), shot.getHeight(), BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < shot.getHeight(); y++) {
      for (int x = 0; x < shot.getWidth(); x++) {
        int rgb = shot.getRGB(x, y);
        plain.setRGB(x, y, (rgb & 0xFCFCFC) | ((rgb & 0xC0C0C0) >> 6));
      }
    }
    var writer = ImageIO.getImageWritersByFormatName("png").next();
    var best = writer.getDefaultWriteParam();
    best.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
    best.setCompressionQuality(0);
    Files.deleteIfExists(TO.resolve(name + ".png"));
    try (var out = ImageIO.createImageOutputStream(TO.resolve(name + ".png").toFile())) {
      writer.setOutput(out);
      writer.write(null, new IIOImage(plain, null, null), best);
    }
    writer.dispose();
  }

  private static void picture(Page page, String name, int width) throws Exception {
    page.resize(width, 900);
    page.value("new Promise(done => setTimeout(done, 1200))");
    page.resize(width, Math.min(3200, page.height()));
    page.value("new Promise(done => setTimeout(done, 1500))");
    save(ImageIO.read(new ByteArrayInputStream(page.picture())), name);
  }
}
