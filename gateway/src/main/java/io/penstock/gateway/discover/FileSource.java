package io.penstock.gateway.discover;

import io.penstock.config.BackendsFile;
import io.penstock.config.Pool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A list in a file. The file system is asked each time: that also sees what no notification tells
 * of, a network file system and a mounted volume whose link was turned.
 */
final class FileSource implements Source {
  private final Path file;
  private @Nullable Stamp seen;

  FileSource(Path file) {
    this.file = file;
  }

  @Override
  public Optional<List<Pool.Backend>> look() throws Unusable {
    Stamp before = stamp();
    if (before.equals(seen)) {
      return Optional.empty();
    }
    seen = null;
    return switch (BackendsFile.read(file, System::getenv)) {
      case BackendsFile.Read.Servers(var list) -> whole(list, before);
      case BackendsFile.Read.Unusable(var problems) ->
          throw new Unusable(problems.getFirst().toString());
    };
  }

  /** What was written while it was read is read again at the next look. */
  private Optional<List<Pool.Backend>> whole(List<Pool.Backend> list, Stamp before)
      throws Unusable {
    if (!stamp().equals(before)) {
      return Optional.empty();
    }
    seen = before;
    return Optional.of(list);
  }

  /** What changes when a file does. */
  private Stamp stamp() throws Unusable {
    try {
      var of = Files.readAttributes(file, BasicFileAttributes.class);
      return new Stamp(of.lastModifiedTime(), of.size(), String.valueOf(of.fileKey()));
    } catch (IOException unreadable) {
      throw new Unusable(file + ": cannot be read (" + unreadable.getClass().getSimpleName() + ")");
    }
  }

  private record Stamp(FileTime modified, long bytes, String inode) {}
}
