package org.samplegrad.job.output;

import java.util.ArrayList;
import java.util.List;
import org.samplegrad.core.models.Safetensors;
import org.samplegrad.core.parameters.ParameterVector;
import org.samplegrad.job.output.OutputDirectory.File;

/** The files of an output directory. A new one is one line here. */
public final class ResultFiles {
  private ResultFiles() {}

  public static List<File> of(Report report) {
    List<File> files = new ArrayList<>();
    files.add(tensors("mean_gradient", report.statistics().meanGradient()));
    if (report.statistics().hasVarianceOfElements()) {
      files.add(tensors("variance", report.statistics().variance()));
    }
    files.add(tensors("total_variance_gradient", report.result().gradient()));
    files.add(new File("summary.json", stream -> SummaryJson.write(report, stream)));
    return files;
  }

  private static File tensors(String name, ParameterVector values) {
    return new File(name + ".safetensors", stream -> Safetensors.write(values, stream));
  }
}
