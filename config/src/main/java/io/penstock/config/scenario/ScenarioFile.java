package io.penstock.config.scenario;

import io.penstock.config.CatalogBinding;
import io.penstock.config.Problems;
import io.penstock.config.Reading;
import io.penstock.config.Section;
import io.penstock.config.YamlText;
import io.penstock.config.catalog.Catalog;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Reads a scenario from YAML. Whatever is wrong with the file is in the answer, every error of it,
 * each with its place.
 */
public final class ScenarioFile {
  private ScenarioFile() {}

  /** Reads a file. */
  public static Read load(Path file, Catalog catalog) {
    var problems = new Problems(file.toString());
    try {
      if (Files.isRegularFile(file)) {
        return parse(file.toString(), Files.readString(file), catalog);
      }
      problems.error("", Files.exists(file) ? "is not a file" : "no such file");
    } catch (CharacterCodingException _) {
      problems.error("", "is not UTF-8: save it as UTF-8");
    } catch (IOException unreadable) {
      problems.error("", "cannot be read: " + unreadable.getMessage());
    }
    return new Read.Invalid(problems.errors());
  }

  /** Reads a text; {@code name} is what problems call it. */
  public static Read parse(String name, String yaml, Catalog catalog) {
    var problems = new Problems(name);
    var reading = new Reading(problems, _ -> null, Path.of(""), (_, _) -> {});
    return new YamlText(name, yaml, problems)
        .compose()
        .map(root -> {
          var section = new Section(reading, "", "", root);
          var own = CatalogBinding.bind(reading, section, catalog);
          var scenario = new ScenarioBinding(own).scenario(section);
          return scenario.isPresent() && problems.none()
              ? new Read.Ok(scenario.get())
              : invalid(problems);
        })
        .orElseGet(() -> invalid(problems));
  }

  private static Read invalid(Problems problems) {
    return new Read.Invalid(List.copyOf(problems.errors()));
  }
}
