package io.penstock.gateway.authenticate;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.penstock.config.ApiKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Keys in a file, a JSON object a line. It is read whole or not at all: a line that cannot be read,
 * an id or a hash that is there twice, or a last line without an end (a write that was cut off)
 * make the file unusable, and whoever has its keys from before keeps them.
 *
 * <p>A change writes a new file beside the old one and renames it, so that a reader sees one or the
 * other; a lock file keeps two changes apart.
 */
public final class KeysFile implements KeyStore {
  private static final long MAX_BYTES = 256L << 20;
  private static final Object IN_THIS_PROCESS = new Object();

  private final Path file;

  public KeysFile(Path file) {
    this.file = file;
  }

  Path path() {
    return file;
  }

  @Override
  public String name() {
    return "the file " + file;
  }

  @Override
  public List<ApiKey> list() {
    try {
      return parse(text());
    } catch (NoSuchFileException _) {
      throw new Unavailable(file + ": no such file");
    } catch (IOException unreadable) {
      throw new Unavailable(file + ": cannot be read: " + unreadable.getClass().getSimpleName());
    }
  }

  private String text() throws IOException {
    if (Files.size(file) > MAX_BYTES) {
      throw new Unavailable(file + ": is over 256 MiB");
    }
    return Files.readString(file, UTF_8);
  }

  private List<ApiKey> parse(String text) {
    if (!text.isEmpty() && !text.endsWith("\n")) {
      throw new Unavailable(file + ": the last line has no end: the file is torn");
    }
    var keys = new ArrayList<ApiKey>();
    var ids = new HashSet<String>();
    var hashes = new HashSet<String>();
    var lines = text.lines().iterator();
    for (int number = 1; lines.hasNext(); number++) {
      String line = lines.next();
      if (!line.isBlank()) {
        ApiKey key = key(line, number);
        require(ids.add(key.id()), number, "its id is there already");
        require(hashes.add(key.sha256()), number, "its sha256 is there already");
        keys.add(key);
      }
    }
    return keys;
  }

  private ApiKey key(String line, int number) {
    try {
      return KeyLine.read(line);
    } catch (IllegalArgumentException wrong) {
      throw new Unavailable(file + ":" + number + ": " + wrong.getMessage());
    }
  }

  private void require(boolean holds, int number, String otherwise) {
    if (!holds) {
      throw new Unavailable(file + ":" + number + ": " + otherwise);
    }
  }

  @Override
  public Optional<ApiKey> find(String id) {
    return list().stream().filter(key -> key.id().equals(id)).findFirst();
  }

  @Override
  public boolean add(ApiKey key) {
    return edit(keys -> keys.putIfAbsent(key.id(), key) == null);
  }

  @Override
  public boolean change(ApiKey key) {
    return edit(keys -> keys.replace(key.id(), key) != null);
  }

  @Override
  public boolean revoke(String id) {
    return edit(keys -> keys.remove(id) != null);
  }

  /** Writes the file anew where the change says that it made one. */
  private boolean edit(Predicate<Map<String, ApiKey>> change) {
    synchronized (IN_THIS_PROCESS) {
      try (var channel =
              FileChannel.open(
                  file.resolveSibling(file.getFileName() + ".lock"),
                  StandardOpenOption.CREATE,
                  StandardOpenOption.WRITE);
          var _ = channel.lock()) {
        var keys = new LinkedHashMap<String, ApiKey>();
        if (Files.exists(file)) {
          list().forEach(key -> keys.put(key.id(), key));
        }
        boolean changed = change.test(keys);
        if (changed) {
          write(keys);
        }
        return changed;
      } catch (IOException unwritable) {
        throw new Unavailable(file + ": cannot be written: " + unwritable.getMessage());
      }
    }
  }

  private void write(Map<String, ApiKey> keys) throws IOException {
    var text = new StringBuilder(keys.size() * 160);
    keys.values().forEach(key -> text.append(KeyLine.write(key)).append('\n'));
    Path target = Files.exists(file) ? file.toRealPath() : file.toAbsolutePath();
    Path beside =
        Files.createTempFile(
            target.getParent(),
            ".keys",
            ".tmp",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try {
      try (var out = FileChannel.open(beside, StandardOpenOption.WRITE)) {
        var bytes = ByteBuffer.wrap(text.toString().getBytes(UTF_8));
        while (bytes.hasRemaining()) {
          out.write(bytes);
        }
        out.force(true);
      }
      if (Files.exists(target)) {
        Files.setPosixFilePermissions(beside, Files.getPosixFilePermissions(target));
      }
      Files.move(beside, target, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(beside);
    }
  }
}
