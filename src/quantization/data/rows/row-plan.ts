/** Which columns or keys of a row feed which inputs: decided once, from the first row. */
import type { NimifyError } from '../../../base/errors.ts';
import type { TensorInfo } from '../../../onnx/value-info.ts';
import type { Feeds } from '../../../runtime/feeds.ts';
import { isImageName } from '../../../tasks/image/decode.ts';
import { takesTokens, tokenFeeds } from '../../../tasks/text/token-inputs.ts';
import type { Tokenizer } from '../../../tasks/text/tokenizer.ts';
import type { ImageFeeder } from '../image-feeder.ts';
import { describeInput } from '../map-arrays.ts';
import { imageRows } from './image-rows.ts';
import type { Row } from './row-file.ts';
import { mismatch, textAt, valueAt } from './row-values.ts';
import { valueTensor } from './value-tensor.ts';

export interface RowPlan {
  /** How the rows became inputs, for the report. */
  readonly description: string;
  /** Where files that rows name are prepared: how, JSON-safe. */
  readonly preparation?: object;
  /**
   * What can be said of a row without much work.
   * @returns the digest of a file that the row names; empty where it names none
   * @throws NimifyError DATA_MISMATCH, FILE_*
   */
  check(row: Row): string | Promise<string>;
  /** @throws NimifyError DATA_MISMATCH, DATA_UNREADABLE */
  feeds(row: Row): Feeds | Promise<Feeds>;
}

export interface PlanContext {
  readonly inputs: readonly TensorInfo[];
  /** Whether numbers are written as text. */
  readonly isText: boolean;
  /** @throws NimifyError when none is found */
  readonly tokenizer: () => Promise<Tokenizer>;
  /** Of the file: paths in it are relative to that. */
  readonly folder: string;
  /** @throws NimifyError when the model takes no image */
  readonly images: () => ImageFeeder;
}

export const LABEL_KEYS = ['label', 'labels'];

/** Columns of one text, or of two that are compared; as the data sets of GLUE name them. The first that is there wins. */
const TEXT_KEYS: readonly (readonly [string, string])[] = [
  ['text', 'text_pair'],
  ['sentence', 'sentence_pair'],
  ['sentence1', 'sentence2'],
  ['question', 'context'],
  ['premise', 'hypothesis'],
];

/** Columns of paths of images, relative to the file; data sets of Hugging Face say file_name. */
const IMAGE_KEYS = ['image', 'file_name', 'file', 'path'];

/**
 * An image by the path of its file; by name where every input has a column; a text through the tokenizer, or as it is
 * into the only input of strings; else all columns but the label side by side into the only input.
 * @throws NimifyError DATA_MISMATCH
 */
export async function planRows(first: Row, context: PlanContext): Promise<RowPlan> {
  const { inputs, isText } = context;
  const keys = Object.keys(first.values);
  const image = [...inputs.map(({ name }) => name), ...IMAGE_KEYS].find((key) => isImagePath(first.values[key]));
  if (image !== undefined && inputs[0]?.dataType !== 'string') {
    return imageRows(image, context.folder, context.images());
  }
  if (inputs.every(({ name }) => keys.includes(name))) return byName(inputs, isText);
  const texts = TEXT_KEYS.find(([text]) => keys.includes(text));
  if (texts !== undefined && takesTokens(inputs)) return byTokens(inputs, texts, await context.tokenizer());
  const [input] = inputs;
  const others = keys.filter((key) => !LABEL_KEYS.includes(key));
  if (input === undefined || inputs.length > 1) throw missing(first, context);
  if (input.dataType === 'string' && texts !== undefined) return byKey(input, texts[0], isText);
  if (others.length === 1 && !isText) return byKey(input, others[0] as string, isText);
  if (isText && others.length > 0 && texts === undefined) return byColumns(input, others);
  throw missing(first, context);
}

function isImagePath(value: unknown): boolean {
  return typeof value === 'string' && isImageName(value);
}

/** Numbers are checked by making the tensors. */
function plan(description: string, feeds: (row: Row) => Feeds): RowPlan {
  return {
    description,
    feeds,
    check: (row) => {
      feeds(row);
      return '';
    },
  };
}

function byName(inputs: readonly TensorInfo[], isText: boolean): RowPlan {
  const tensor = (row: Row, input: TensorInfo) => valueTensor(valueAt(row, input.name), input, row.place, isText);
  return plan(`rows by name for ${inputs.map(describeInput).join(', ')}`, (row) =>
    Object.fromEntries(inputs.map((input) => [input.name, tensor(row, input)])),
  );
}

function byKey(input: TensorInfo, key: string, isText: boolean): RowPlan {
  return plan(`${key === '' ? 'rows' : key} for ${describeInput(input)}`, (row) => ({
    [input.name]: valueTensor(valueAt(row, key), input, row.place, isText),
  }));
}

function byColumns(input: TensorInfo, columns: readonly string[]): RowPlan {
  const told = columns.length > 6 ? `${columns.slice(0, 5).join(', ')} … ${columns.at(-1)}` : columns.join(', ');
  return plan(`${columns.length} columns (${told}) for ${describeInput(input)}`, (row) => {
    const odd = columns.find((column) => !Number.isFinite(numberOf(row.values[column])));
    if (odd !== undefined && input.dataType !== 'string') throw notNumber(row, odd);
    return {
      [input.name]: valueTensor(
        columns.map((column) => row.values[column]),
        input,
        row.place,
        true,
      ),
    };
  });
}

function numberOf(cell: unknown): number {
  return typeof cell === 'string' && cell.trim() !== '' ? Number(cell) : Number.NaN;
}

function byTokens(
  inputs: readonly TensorInfo[],
  [key, pairKey]: readonly [string, string],
  tokenizer: Tokenizer,
): RowPlan {
  const texts = (row: Row): [string, string | undefined] => [
    textAt(row, key),
    Object.hasOwn(row.values, pairKey) ? textAt(row, pairKey) : undefined,
  ];
  const limit = tokenizer.maxTokens === undefined ? 'no limit known' : `at most ${tokenizer.maxTokens} tokens`;
  return {
    description: `${key} through ${tokenizer.path}, ${limit}, for ${inputs.map(({ name }) => name).join(', ')}`,
    check: (row) => {
      texts(row);
      return '';
    },
    feeds: (row) => tokenFeeds(inputs, tokenizer.encode(...texts(row))),
  };
}

function notNumber(row: Row, column: string): NimifyError {
  const cell = JSON.stringify(row.values[column]).slice(0, 40);
  return mismatch(row, `has ${cell} in the column ${column}, which is not a finite number`);
}

function missing(row: Row, { inputs }: PlanContext): NimifyError {
  const gone = inputs.filter(({ name }) => !Object.hasOwn(row.values, name)).map(describeInput);
  const keys = Object.keys(row.values).filter((key) => key !== '');
  return mismatch(
    row,
    `has nothing for the input ${gone.join(', ')}; it has ${keys.length === 0 ? 'no keys' : keys.join(', ')}`,
    'Name the columns or keys after the inputs; a text for a tokenizer is called text.',
  );
}
