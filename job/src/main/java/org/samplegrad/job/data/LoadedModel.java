package org.samplegrad.job.data;

import java.util.List;
import org.samplegrad.core.models.Model;
import org.samplegrad.core.parameters.ParameterVector;

/**
 * A model with what its file says beside it.
 *
 * @param weights the values of its parameters, or null if the file has none
 * @param notes what the user should know about them, a sentence each
 */
public record LoadedModel(Model model, ParameterVector weights, List<String> notes) {

  /** A model whose parameters have no values yet. */
  static LoadedModel of(Model model) {
    return new LoadedModel(model, null, List.of());
  }
}
