package io.penstock.config;

import io.penstock.config.catalog.Catalog;
import java.util.List;
import java.util.Map;

/**
 * The key {@code catalog}: an operator's own GPUs, nodes, models, engines and prices, in the form
 * of the shipped catalogue. They are laid over it one by one, so that each that cannot be is told.
 */
public final class CatalogBinding {
  private static final List<String> SECTIONS =
      List.of("gpus", "nodes", "models", "engines", "prices");

  private CatalogBinding() {}

  /** The shipped catalogue and the entries of {@code root}'s key {@code catalog}. */
  public static Catalog bind(Reading reading, Section root) {
    return bind(reading, root, Catalog.shipped());
  }

  /** The entries of {@code root}'s key {@code catalog} over {@code known}. */
  public static Catalog bind(Reading reading, Section root, Catalog known) {
    var written = root.section("catalog");
    Catalog catalog = known;
    for (String section : SECTIONS) {
      var entries = written.flatMap(each -> each.tree(section)).orElse(Map.of());
      if (!(entries instanceof Map<?, ?> mapping)) {
        root.complain("catalog." + section, "is no mapping: write entries by their names");
        continue;
      }
      for (var entry : mapping.entrySet()) {
        catalog = plus(catalog, section, entry, reading, root);
      }
    }
    written.ifPresent(Section::done);
    return catalog;
  }

  private static Catalog plus(
      Catalog catalog, String section, Map.Entry<?, ?> entry, Reading reading, Section root) {
    String name = String.valueOf(entry.getKey());
    try {
      var one = Map.of(name, entry.getValue() == null ? Map.of() : entry.getValue());
      return catalog.plus(Map.of(section, one), reading.keysSeen());
    } catch (IllegalArgumentException refused) {
      String said = String.valueOf(refused.getMessage());
      int end = said.indexOf(": ");
      boolean placed = said.startsWith("catalog.") && end > 0;
      root.complain(
          placed ? said.substring(0, end) : "catalog." + section + "." + name,
          placed ? said.substring(end + 2) : said);
      return catalog;
    }
  }
}
