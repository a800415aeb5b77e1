/** Samples from files with one sample per row: JSON Lines, CSV and plain text. One row is in memory at a time. */
import { dirname, join } from 'node:path';
import { NimifyError } from '../../base/errors.ts';
import type { TensorInfo } from '../../onnx/value-info.ts';
import type { SampleSet } from '../../runtime/feeds.ts';
import { classNames } from '../../tasks/classes/class-names.ts';
import { fixedLength } from '../../tasks/text/token-inputs.ts';
import { findTokenizer, loadTokenizer, type Tokenizer } from '../../tasks/text/tokenizer.ts';
import type { DataPlace, LoadOptions } from './formats.ts';
import { imageFeeder } from './image-feeder.ts';
import { readCsv } from './rows/csv.ts';
import { readJsonLines } from './rows/json-lines.ts';
import { Labels } from './rows/labels.ts';
import { type CheckRow, isCsvName, isJsonLinesName, isTextName, type RowFile } from './rows/row-file.ts';
import { type PlanContext, planRows, type RowPlan } from './rows/row-plan.ts';
import { readTextLines } from './rows/text-lines.ts';
import { contentKey, digestOfFiles, digestOfPrepared, limited, sampleSet } from './sample-set.ts';

interface RowKind {
  read(path: string, check: CheckRow, signal?: AbortSignal): Promise<RowFile>;
  /** Whether numbers are written as text. */
  readonly isText: boolean;
}

const KINDS: readonly (readonly [(name: string) => boolean, RowKind])[] = [
  [isJsonLinesName, { read: readJsonLines, isText: false }],
  [isCsvName, { read: readCsv, isText: true }],
  [isTextName, { read: readTextLines, isText: true }],
];

interface PlannedFile {
  readonly file: RowFile;
  /** Undefined for a file without rows. */
  readonly plan: RowPlan | undefined;
}

/** @throws NimifyError DATA_UNREADABLE, DATA_MISMATCH, DATA_EMPTY */
export async function loadRows(
  place: DataPlace,
  inputs: readonly TensorInfo[],
  options: LoadOptions,
): Promise<SampleSet> {
  const { kind, paths } = rowFiles(place);
  const tokenizer = lazily(() => tokenizerFor(place, inputs, options));
  const reading: Reading = {
    kind,
    labels: new Labels(inputs, options.modelPath === undefined ? new Map() : classNames(options.modelPath)),
    keys: [],
    outside: [],
    context: { tokenizer: tokenizer.get, images: () => imageFeeder(place, inputs, options) },
    options,
  };
  const files: PlannedFile[] = [];
  for (const path of paths) files.push(await readPlanned(path, inputs, reading));
  const starts = files.map((_, index) => files.slice(0, index).reduce((sum, { file }) => sum + file.count, 0));
  const count = files.reduce((sum, { file }) => sum + file.count, 0);
  if (count === 0) throw noRows(place);
  const used = await tokenizer.made();
  const found = reading.labels.result();
  const all = sampleSet({
    origin: place.path,
    isRandom: false,
    count,
    digest: digestOf(files, [...reading.outside, ...(used === undefined ? [] : [used.digest])]),
    preparation: describe(place, files),
    keys: reading.keys,
    ...(found === undefined ? {} : { labels: found }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    at: async (sample) => {
      const last = starts.findLastIndex((start, index) => start <= sample && files[index]?.plan !== undefined);
      const { file, plan } = files[last] as { file: RowFile; plan: RowPlan };
      return plan.feeds(await file.row(sample - (starts[last] as number)));
    },
  });
  return limited(all, options);
}

/** Files of a folder are those of the first kind that is there: texts beside tables tell about them. */
function rowFiles({ path, names }: DataPlace): { kind: RowKind; paths: readonly string[] } {
  const [isName, kind] = KINDS.find(([is]) => (names ?? [path]).some(is)) as (typeof KINDS)[number];
  return { kind, paths: names?.filter(isName).map((name) => join(path, name)) ?? [path] };
}

interface Reading {
  readonly kind: RowKind;
  readonly labels: Labels;
  readonly keys: number[];
  /** Digests of what rows name. */
  readonly outside: string[];
  readonly context: Pick<PlanContext, 'tokenizer' | 'images'>;
  readonly options: LoadOptions;
}

/** Every row is checked while the file is read, so that a bad one is named before anything runs. */
async function readPlanned(path: string, inputs: readonly TensorInfo[], reading: Reading): Promise<PlannedFile> {
  const { read, isText } = reading.kind;
  let plan: RowPlan | undefined;
  const file = await read(
    path,
    async (row) => {
      plan ??= await planRows(row, { inputs, isText, folder: dirname(path), ...reading.context });
      const outside = await plan.check(row);
      if (outside !== '') reading.outside.push(outside);
      reading.labels.add(row);
      reading.keys.push(contentKey(outside === '' ? JSON.stringify(row.values) : outside));
    },
    reading.options.signal,
  );
  return { file, plan };
}

/** Images that rows name are other samples when they are prepared in another way. */
function digestOf(files: readonly PlannedFile[], others: readonly string[]): string {
  const digests = [...files.map(({ file }) => file.digest), ...others];
  const hasImages = files.some(({ plan }) => plan?.preparation !== undefined);
  return hasImages
    ? digestOfPrepared(
        digests,
        files.map(({ plan }) => plan?.preparation ?? null),
      )
    : digestOfFiles(digests);
}

/** Made when somebody asks for it, once. */
function lazily<T>(make: () => Promise<T>): { get(): Promise<T>; made(): Promise<T> | undefined } {
  let value: Promise<T> | undefined;
  return {
    get: () => {
      value ??= make();
      return value;
    },
    made: () => value,
  };
}

async function tokenizerFor(
  place: DataPlace,
  inputs: readonly TensorInfo[],
  { text, modelPath }: LoadOptions,
): Promise<Tokenizer> {
  const beside = [
    ...(modelPath === undefined ? [] : [dirname(modelPath)]),
    place.names === null ? dirname(place.path) : place.path,
  ];
  const path = text?.tokenizer ?? findTokenizer(beside);
  if (path === undefined) {
    throw new NimifyError(
      'DATA_MISMATCH',
      `The texts of ${place.path} need a tokenizer, and there is none beside the model or the data.`,
      {
        hint: 'Put tokenizer.json beside the model, or give --tokenizer PATH.',
        details: { path: place.path },
      },
    );
  }
  const length = fixedLength(inputs);
  return loadTokenizer(path, {
    ...(text?.maxTokens == null ? {} : { maxTokens: text.maxTokens }),
    ...(length === undefined ? {} : { fixedLength: length }),
    ...(modelPath === undefined ? {} : { modelFolder: dirname(modelPath) }),
  });
}

function noRows(place: DataPlace): NimifyError {
  return new NimifyError('DATA_EMPTY', `${place.path} has no rows.`, {
    hint: 'Write one sample per line; CSV files begin with a line of column names.',
    details: { path: place.path },
  });
}

function describe(place: DataPlace, files: readonly PlannedFile[]): string {
  const plans = [...new Set(files.flatMap(({ plan }) => (plan === undefined ? [] : [plan.description])))];
  const ignored = (place.names?.length ?? files.length) - files.length;
  return [
    plans.join('; '),
    files.length === 1 ? '' : `; ${files.length} files`,
    ignored === 0 ? '' : `; ${ignored} other files ignored`,
  ].join('');
}
