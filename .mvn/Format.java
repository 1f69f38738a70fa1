import com.google.googlejavaformat.java.Formatter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** {@code check} names every Java file whose layout differs from google-java-format; {@code write} mends it. */
public final class Format {
  public static void main(String[] args) throws Exception {
    boolean write = args[0].equals("write");
    var root = Path.of(args[1]);
    var formatter = new Formatter();
    List<Path> differing = new ArrayList<>();
    for (var file : sources(root)) {
      String before = Files.readString(file);
      String after = formatter.formatSourceAndFixImports(before);
      if (after.equals(before)) {
        continue;
      }
      differing.add(root.relativize(file));
      if (write) {
        Files.writeString(file, after);
      }
    }
    differing.forEach(file -> System.err.println((write ? "formatted " : "not formatted: ") + file));
    if (!write && !differing.isEmpty()) {
      System.err.println("mvn -q -N process-sources -Dformat.mode=write mends them");
      System.exit(1);
    }
  }

  private static List<Path> sources(Path root) throws IOException {
    try (var files = Files.walk(root)) {
      return files
          .filter(file -> file.toString().endsWith(".java"))
          .filter(file -> root.relativize(file).toString().contains("src/"))
          .filter(file -> !root.relativize(file).toString().contains("target/"))
          .sorted()
          .toList();
    }
  }
}
