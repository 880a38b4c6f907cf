package org.samplegrad.core.models.onnx;

/** What becomes of a file whose tensors may not be the parameters of the module. */
public enum FileParameters {
  /** It is refused; the message names the tensors, the reason, and the export that keeps them. */
  REFUSE_DOUBT,

  /** The file's own tensors are taken as the parameters, and the notes say so. */
  ACCEPT
}
