/** Finds sizes for dynamic dimensions by letting the model itself say what it takes. */
import { NimifyError } from '../../base/errors.ts';
import { type Bindings, bindableNames, bindInputs } from '../../onnx/bindings.ts';
import type { TensorInfo } from '../../onnx/value-info.ts';
import type { Feeds, SampleSet } from '../../runtime/feeds.ts';
import type { RuntimeSession } from '../../runtime/session.ts';
import { type RandomOptions, randomCandidates } from './random-samples.ts';

/**
 * The first random sample set that the model runs on; each candidate is tried with one run.
 * @throws NimifyError USAGE (bind), INPUT_SHAPE_UNKNOWN when none runs, RUNTIME_FAILED when nothing is dynamic and the model fails
 */
export async function probeRandom(
  session: Pick<RuntimeSession, 'run'>,
  inputs: readonly TensorInfo[],
  bind: Bindings,
  options: RandomOptions,
): Promise<SampleSet> {
  const bound = bindInputs(inputs, bind);
  let failure: unknown;
  for (const set of randomCandidates(bound, options)) {
    options.signal?.throwIfAborted();
    try {
      for await (const feeds of set.pick([0]).samples()) await session.run(feeds as Feeds);
      return set;
    } catch (error) {
      if (!(error instanceof NimifyError) || error.code !== 'RUNTIME_FAILED') throw error;
      failure = error;
    }
  }
  throw noneRuns(bound, failure as NimifyError);
}

function noneRuns(inputs: readonly TensorInfo[], failure: NimifyError): NimifyError {
  const names = bindableNames(inputs);
  if (names.length === 0) return failure;
  return new NimifyError(
    'INPUT_SHAPE_UNKNOWN',
    `No guess for the dynamic dimensions ${names.join(', ')} makes the model run. The last try: ${failure.message}`,
    {
      hint: `Give sizes or data: ${names.map((name) => `--bind ${name}=SIZE`).join(' ')}`,
      details: { bindable: names },
      cause: failure,
    },
  );
}
