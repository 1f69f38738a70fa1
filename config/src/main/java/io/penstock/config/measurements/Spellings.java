package io.penstock.config.measurements;

import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * The names under which benchmarks publish: with the maker before them and the form factor, the
 * tuning or the precision behind. Each part that does not change what the thing is, is taken off
 * until a catalogue knows the rest.
 */
final class Spellings {
  private static final Pattern GPU_MAKER =
      Pattern.compile("^(\\d+ ?x ?)?(nvidia|amd|instinct|tesla|geforce|quadro|gpu)-+");
  private static final Pattern GPU_BUILD =
      Pattern.compile(
          "-(oam|hbm\\d?e?|superchip|gpu|generation|server-edition|workstation-edition|laptop"
              + "|[\\d.]+w|x\\d+|\\d+x|\\d+ ?g[bi]*)$");
  private static final Pattern FORM = Pattern.compile("-(sxm\\d?|nvl\\d*|pcie)(-|$)");
  private static final Pattern MODEL_OWNER = Pattern.compile("^[^/]+/+");
  private static final Pattern MODEL_TUNING =
      Pattern.compile(
          "-(instruct|chat|hf|it|base|thinking|preview|dynamic|static|block|kv|quantized|online"
              + "|fp8|fp4|nvfp4|mxfp4|fp16|bf16|fp32|int8|int4|awq|gptq|gguf|w\\da\\d+|w\\da\\d+kv\\d"
              + "|q\\d[a-z0-9-]*|\\d{4}|\\d{6}|\\d+k|v0\\.\\d|v1(\\.\\d)?)$");

  private Spellings() {}

  /** The GPU that {@code name} means, as {@code known} finds them. */
  static <T> Optional<T> gpu(String name, Function<String, Optional<T>> known) {
    String bare = without(GPU_MAKER, plain(name));
    Set<String> spellings = new LinkedHashSet<>(Set.of(name));
    shortened(GPU_BUILD, bare, spellings);
    String socket = FORM.matcher(bare).replaceFirst("$2");
    if (!FORM.matcher(bare).find() || bare.contains("sxm")) {
      shortened(GPU_BUILD, socket, spellings);
    }
    return first(spellings, known);
  }

  /** The model that {@code name} means, as {@code known} finds them. */
  static <T> Optional<T> model(String name, Function<String, Optional<T>> known) {
    String bare = without(MODEL_OWNER, plain(name));
    Set<String> spellings = new LinkedHashSet<>(Set.of(name));
    shortened(MODEL_TUNING, bare, spellings);
    shortened(MODEL_TUNING, bare.replaceFirst("^meta-", ""), spellings);
    shortened(MODEL_TUNING, bare.replaceFirst("^(meta-)?llama-?(?=\\d)", "llama-"), spellings);
    return first(spellings, known);
  }

  private static <T> Optional<T> first(Set<String> spellings, Function<String, Optional<T>> known) {
    return spellings.stream().map(known).flatMap(Optional::stream).findFirst();
  }

  private static String plain(String name) {
    return name.strip().toLowerCase(Locale.ROOT).replaceAll("[\\s_()\\[\\],]+", "-");
  }

  private static String without(Pattern prefix, String name) {
    String rest = prefix.matcher(name).replaceFirst("");
    return rest.equals(name) || rest.isEmpty() ? name : without(prefix, rest);
  }

  private static void shortened(Pattern suffix, String name, Set<String> spellings) {
    spellings.add(name);
    String rest = suffix.matcher(name.replaceAll("-+$", "")).replaceFirst("");
    if (!rest.equals(name) && !rest.isEmpty()) {
      shortened(suffix, rest, spellings);
    }
  }
}
