/** The values of a model's config.pbtxt that the embedded server acts on. */
import { readFile } from 'node:fs/promises';
import { isSystemError, NimifyError, readError } from '../base/errors.ts';
import { parseTextFormat, type TextMessage } from './pbtxt.ts';

export interface ModelConfig {
  /** Given by `name`; must be the name of the folder. */
  readonly name?: string;
  readonly maxBatchSize: number;
  readonly modelFile: string;
  /** `backend` or `platform`, where either is given. */
  readonly backend?: string;
  readonly latencyBucketsMs?: readonly number[];
}

const HISTOGRAM = 'nv_inference_first_response_histogram_ms';
const ABSENT: ModelConfig = { maxBatchSize: 0, modelFile: 'model.onnx' };

/**
 * Reads `path`; a missing file stands for the defaults.
 * @throws NimifyError SERVICE_INVALID, FILE_UNREADABLE
 */
export async function readModelConfig(path: string): Promise<ModelConfig> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (isSystemError(error) && error.code === 'ENOENT') return undefined;
    throw readError(error, path);
  });
  if (text === undefined) return ABSENT;
  try {
    return toConfig(parseTextFormat(text));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new NimifyError('SERVICE_INVALID', `${path} cannot be read: ${error.message}.`, {
      hint: 'nimify validate shows what is wrong in a service folder.',
      details: { path },
      cause: error,
    });
  }
}

function toConfig(message: TextMessage): ModelConfig {
  const name = text(message, 'name');
  const backend = text(message, 'backend') ?? text(message, 'platform');
  const buckets = bucketsOf(message);
  const maxBatchSize = message.get('max_batch_size')?.at(-1) ?? 0;
  if (typeof maxBatchSize !== 'number' || !Number.isInteger(maxBatchSize) || maxBatchSize < 0) {
    throw new SyntaxError(`max_batch_size is ${String(maxBatchSize)}`);
  }
  const modelFile = text(message, 'default_model_filename') ?? ABSENT.modelFile;
  // The file must lie in the version folder, whatever separates folders on the machine that serves it.
  if (/[/\\\0]/.test(modelFile) || modelFile === '.' || modelFile === '..') {
    throw new SyntaxError(`default_model_filename is ${modelFile}, which is not the name of a file`);
  }
  return {
    maxBatchSize,
    modelFile,
    ...(name === undefined ? {} : { name }),
    ...(backend === undefined ? {} : { backend }),
    ...(buckets.length === 0 ? {} : { latencyBucketsMs: buckets }),
  };
}

/** Triton counts whole milliseconds, so that fractions would be useless bounds. */
function bucketsOf(message: TextMessage): number[] {
  const controls = messages(messages([message], 'model_metrics'), 'metric_control');
  const ours = controls.filter((control) =>
    messages([control], 'metric_identifier').some((id) => text(id, 'family') === HISTOGRAM),
  );
  const bounds = messages(ours, 'histogram_options').flatMap((options) => options.get('buckets') ?? []);
  return [...new Set(bounds.filter((bound): bound is number => typeof bound === 'number' && bound > 0))].sort(
    (a, b) => a - b,
  );
}

function text(message: TextMessage, field: string): string | undefined {
  const value = message.get(field)?.at(-1);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function messages(holders: readonly TextMessage[], field: string): TextMessage[] {
  return holders
    .flatMap((holder) => holder.get(field) ?? [])
    .filter((value): value is TextMessage => typeof value === 'object');
}
