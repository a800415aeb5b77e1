/**
 * Samples from the test data of ONNX: folders with the inputs of one run as `input_0.pb`, `input_1.pb` …, each a
 * TensorProto (onnx/backend/test/runner). A folder of such folders, as it lies beside a model, has a sample per folder.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { NimifyError } from '../../base/errors.ts';
import type { HostTensor } from '../../onnx/tensor.ts';
import type { TensorInfo } from '../../onnx/value-info.ts';
import type { Feeds, SampleSet } from '../../runtime/feeds.ts';
import { castTensor } from './cast.ts';
import type { DataPlace, LoadOptions } from './formats.ts';
import { describeInput } from './map-arrays.ts';
import { isInputName, isSetName, readArrayFile } from './read-arrays.ts';
import { contentKey, digestOfFiles, limited, sampleSet } from './sample-set.ts';

interface TestSet {
  readonly path: string;
  /** The file of each input, in the order of the inputs of the model. */
  readonly files: readonly string[];
}

/** @throws NimifyError DATA_UNREADABLE, DATA_MISMATCH */
export async function loadTestSets(
  place: DataPlace,
  inputs: readonly TensorInfo[],
  options: LoadOptions,
): Promise<SampleSet> {
  const sets = await findSets(place);
  const digests: string[] = [];
  for (const set of sets) {
    options.signal?.throwIfAborted();
    digests.push((await readSet(set, inputs)).digest);
  }
  const all = sampleSet({
    origin: place.path,
    isRandom: false,
    count: sets.length,
    digest: digestOfFiles(digests),
    keys: digests.map(contentKey),
    preparation: `ONNX test data, ${sets.length === 1 ? '1 set' : `${sets.length} sets`}, for ${inputs.map(describeInput).join(', ')}`,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    at: async (index) => (await readSet(sets[index] as TestSet, inputs)).feeds,
  });
  return limited(all, options);
}

async function findSets({ path, names, folders }: DataPlace): Promise<TestSet[]> {
  if (names?.some(isInputName)) return [{ path, files: inputFiles(names) }];
  const sets: TestSet[] = [];
  for (const folder of folders.filter(isSetName).sort(byNumber)) {
    const place = join(path, folder);
    sets.push({ path: place, files: inputFiles(await readdir(place)) });
  }
  return sets;
}

function inputFiles(names: readonly string[]): string[] {
  return names.filter(isInputName).sort(byNumber);
}

async function readSet(set: TestSet, inputs: readonly TensorInfo[]): Promise<{ feeds: Feeds; digest: string }> {
  if (set.files.length !== inputs.length) {
    const told = inputs.map(describeInput).join(', ');
    throw new NimifyError(
      'DATA_MISMATCH',
      `${set.path} has ${set.files.length} files input_N.pb; the model has the inputs ${told}.`,
      { hint: 'Write one file per input, numbered in the order of the inputs from 0.', details: { path: set.path } },
    );
  }
  const read: { input: TensorInfo; tensor: HostTensor }[] = [];
  const digests: string[] = [];
  for (const [index, name] of set.files.entries()) {
    const file = await readArrayFile(join(set.path, name));
    const [[key, tensor]] = [...file.arrays] as [[string, HostTensor]];
    // Files may be numbered in another order than the runtime lists the inputs; a name that fits says more.
    const input = inputs.find((candidate) => candidate.name === key) ?? (inputs[index] as TensorInfo);
    read.push({ input, tensor: fitted(tensor, input, file.path) });
    digests.push(file.digest);
  }
  return {
    feeds: Object.fromEntries(read.map(({ input, tensor }) => [input.name, tensor])),
    digest: digestOfFiles(digests),
  };
}

function fitted(tensor: HostTensor, input: TensorInfo, path: string): HostTensor {
  const { dims } = tensor;
  const { shape, dataType } = input;
  const fits =
    shape === null ||
    (shape.length === dims.length && shape.every((dim, axis) => typeof dim !== 'number' || dim === dims[axis]));
  if (!fits || dataType === null) throw mismatch(path, tensor, input, '');
  try {
    return castTensor(tensor, dataType);
  } catch (error) {
    throw mismatch(path, tensor, input, `, ${(error as Error).message}`);
  }
}

function mismatch(path: string, { dataType, dims }: HostTensor, input: TensorInfo, reason: string): NimifyError {
  return new NimifyError(
    'DATA_MISMATCH',
    `${path} is ${dataType} [${dims.join(', ')}] and does not fit the input ${describeInput(input)}${reason}.`,
    {
      hint: 'Write the tensor in the type and shape that nimify analyze prints.',
      details: { path, input: input.name },
    },
  );
}

function byNumber(a: string, b: string): number {
  return Number(/\d+/.exec(a)?.[0]) - Number(/\d+/.exec(b)?.[0]);
}
