package org.samplegrad.job.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.samplegrad.core.backend.Backends;
import org.samplegrad.core.backend.Precision;
import org.samplegrad.core.losses.LossKind;
import org.samplegrad.core.models.ExampleModel;
import org.samplegrad.core.moments.StandardFunctional;
import org.samplegrad.core.moments.VarianceDetail;
import org.samplegrad.core.parameters.ParameterVector;
import org.samplegrad.core.passes.Objective;
import org.samplegrad.datasets.SampleFormat;
import org.samplegrad.datasets.sources.LinearExample;
import org.samplegrad.datasets.spark.BlockOptions;
import org.samplegrad.datasets.spark.DistributedBlocks;
import org.samplegrad.job.data.DataScheme;
import org.samplegrad.job.data.DataSet;
import org.samplegrad.job.data.HadoopFiles;
import org.samplegrad.job.data.LoadedModel;
import org.samplegrad.job.data.ModelFiles;
import org.samplegrad.job.distributed.FunctionalResult;
import org.samplegrad.job.distributed.MemoryNeed;
import org.samplegrad.job.distributed.PassListener;
import org.samplegrad.job.distributed.TwoPassJob;
import org.samplegrad.job.failures.WrongUsageException;

/**
 * What the options ask for, found and fitted together: model, loss, parameters and data set.
 *
 * @param limit samples from the start that take part
 */
record Request(
    Session session,
    LoadedModel loaded,
    Objective objective,
    ParameterVector parameters,
    DataSet dataSet,
    long limit,
    DataOptions data,
    ModelOptions model,
    ComputeOptions compute) {

  /**
   * @param detail of the variance, which decides on the memory that is needed
   * @param limit null for all samples
   */
  static Request of(
      Session session,
      DataOptions data,
      ModelOptions model,
      ComputeOptions compute,
      VarianceDetail detail,
      Long limit) {
    ModelFiles files =
        new ModelFiles(new HadoopFiles(session.sql().sparkContext().hadoopConfiguration()));
    ExampleModel example = ExampleModel.named(model.model).orElse(null);
    LoadedModel loaded = files.model(model.model, model.fileParameters());
    Objective objective = new Objective(loaded.model(), model.create(loss(model, example)));
    MemoryNeed.of(objective, detail, compute.precision.first())
        .requireFits(session.context().getConf());
    return new Request(
        session,
        loaded,
        objective,
        model.parameters(loaded, files),
        dataSet(session, data, example),
        limit == null ? BlockOptions.ALL : limit,
        data,
        model,
        compute);
  }

  private static LossKind loss(ModelOptions model, ExampleModel example) {
    if (model.loss != null) {
      return model.loss;
    }
    if (example == null) {
      throw new WrongUsageException("--loss is missing; choose one of " + LossKind.choices());
    }
    return example.loss();
  }

  private static DataSet dataSet(Session session, DataOptions data, ExampleModel example) {
    if (data.data != null) {
      return DataScheme.open(session.sql(), data.request());
    }
    if (example == null) {
      throw new WrongUsageException(
          "--data is missing: mnist-test, mnist:DIR, synthetic:N, or a path or table");
    }
    return example == ExampleModel.LINEAR
        ? DataScheme.source("the linear example's samples", format -> new LinearExample())
        : DataScheme.open(session.sql(), data.request(DataScheme.MNIST_TEST));
  }

  /** The samples in blocks, their features kept in a precision. */
  DistributedBlocks blocks(Precision precision) {
    SampleFormat format =
        new SampleFormat(objective.model().inputShape(), objective.target(), precision);
    BlockOptions options =
        new BlockOptions(
            compute.blockSize(objective, precision), compute.partitions(), limit, data.onBadRow);
    return dataSet.blocks(session.context(), format, options);
  }

  /** What the user should know before anything is computed. */
  List<String> notes() {
    List<String> notes = new ArrayList<>(loaded.notes());
    Backends.provider(compute.backend, compute.precision.first()).advice().ifPresent(notes::add);
    return notes;
  }

  /** The total variance and its gradient by the two passes. */
  FunctionalResult totalVariance(VarianceDetail detail, PassListener listener) {
    Function<Precision, DistributedBlocks> blocks = this::blocks;
    return new TwoPassJob(session.context(), objective, parameters, compute.backend, listener)
        .run(
            blocks,
            new TwoPassJob.Plan(
                StandardFunctional.TOTAL_VARIANCE, detail, model.reduction, compute.precision));
  }
}
