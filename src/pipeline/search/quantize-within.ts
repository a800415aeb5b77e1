/** `nimify quantize` with a budget: the search, and the file that comes of what it chose. */
import { basename } from 'node:path';
import type { ReplaceOptions } from '../../base/write-files.ts';
import { openModel } from '../../onnx/open.ts';
import { writeModel } from '../../onnx/write.ts';
import type { QuantizerEntry } from '../../quantization/quantizer.ts';
import type { PreparedData } from '../data.ts';
import type { RunnableModel } from '../model.ts';
import type { Outcome, PipelineDeps, QuantizeRequest, QuantizeResult, SearchOptions } from '../requests.ts';
import type { Steps } from '../steps.ts';
import { runSearch } from './run-search.ts';
import { notMet } from './verdict.ts';

interface QuantizeJob {
  readonly entries: readonly QuantizerEntry[];
  readonly known: RunnableModel;
  readonly data: PreparedData;
  readonly request: QuantizeRequest & { readonly search: SearchOptions };
  readonly replace: ReplaceOptions;
  readonly folder: string;
  readonly steps: Steps;
  readonly deps: PipelineDeps;
}

/** @throws NimifyError BUDGET_NOT_MET; the report has what was measured, whatever ended the search */
export async function quantizeWithin(job: QuantizeJob): Promise<Outcome<QuantizeResult>> {
  const { entries, known, data, folder, request, steps, deps } = job;
  const bench = { model: known.model, data, folder, fileName: basename(request.output), deps };
  const { search: options, onReport } = request;
  const found = await runSearch({ entries, options, known, bench, steps, onReport });
  if (found.chosen === undefined) throw notMet(found.shortfall);
  const { candidate, path, trial } = found.chosen;
  const { files } = await steps.run('write', (report) =>
    writeModel(openModel(path).proto, request.output, { ...job.replace, signal: deps.signal, report }),
  );
  const { results, findings } = found.log;
  const result = {
    output: { ...(files[0] as (typeof files)[number]), sha256: candidate.sha256 as string },
    files,
    recipe: candidate.recipe as NonNullable<typeof candidate.recipe>,
    candidates: results.map(({ candidate: one, trial: { id } }) => ({ ...one, id })),
    chosen: trial.id,
    evaluation: candidate.evaluation as NonNullable<typeof candidate.evaluation>,
  };
  return { result, findings: [...data.findings, ...(findings.get(trial.id) ?? [])] };
}
