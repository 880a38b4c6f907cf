package org.samplegrad.job.data;

import java.util.List;
import java.util.Set;
import org.samplegrad.core.models.Model;
import org.samplegrad.core.parameters.ParameterVector;

/**
 * A model with what its file says beside it.
 *
 * @param weights the values of its parameters, or null if the file has none
 * @param frozen the names of parameters that are not trained, as far as the file says so
 * @param unused the names of parameters of the PyTorch module that are left out, since they take no
 *     part in the output
 * @param merged the names of those that the parameters of the PyTorch module cannot replace
 * @param notes what the user should know about them, a sentence each
 */
public record LoadedModel(
    Model model,
    ParameterVector weights,
    Set<String> frozen,
    Set<String> unused,
    List<String> merged,
    List<String> notes) {

  /** A model whose parameters have no values yet. */
  static LoadedModel of(Model model) {
    return new LoadedModel(model, null, Set.of(), Set.of(), List.of(), List.of());
  }
}
