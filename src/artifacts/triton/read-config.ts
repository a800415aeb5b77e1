/** Reads config.pbtxt into plain values, checked against the fields of ModelConfig. */
import { z } from 'zod';
import { enumValues, type FieldType, fieldsOf, ONE_OF } from './config-schema.ts';
import { type ParsedField, type ParsedValue, parseTextFormat } from './parse-text.ts';
import { TextFormatError } from './text-tokens.ts';

export interface ReadConfig {
  readonly config: ModelConfig;
  /** Places that protobuf would refuse; the config is what could be read in spite of them. */
  readonly problems: readonly { readonly message: string; readonly line: number }[];
  readonly lineOf: LineOf;
}

/**
 * Where a field stands, by a path such as `input.0.dims`; of a field that is not there the line of the nearest message
 * around it, and undefined where that is the whole file.
 */
export type LineOf = (path: string) => number | undefined;

const dims = z.array(z.number()).default([]);
const reshape = z.object({ shape: dims }).optional();
const tensor = z.object({
  name: z.string().default(''),
  data_type: z.string().default('TYPE_INVALID'),
  format: z.string().default('FORMAT_NONE'),
  dims,
  reshape,
  label_filename: z.string().default(''),
  optional: z.boolean().default(false),
  allow_ragged_batch: z.boolean().default(false),
});
const warmupInput = z.object({
  data_type: z.string().default('TYPE_INVALID'),
  dims,
  zero_data: z.boolean().optional(),
  random_data: z.boolean().optional(),
  input_data_file: z.string().optional(),
});
const queuePolicy = z.object({
  timeout_action: z.string().default('REJECT'),
  default_timeout_microseconds: z.number().default(0),
  allow_timeout_override: z.boolean().default(false),
  max_queue_size: z.number().default(0),
});
const text = z.string().default('');
const accelerators = z
  .array(
    z.object({
      name: text,
      parameters: z.array(z.object({ key: text, value: text })).default([]),
    }),
  )
  .default([]);
const falseTrue = z.array(z.unknown()).default([]);
const control = z.object({
  kind: z.string().default('CONTROL_SEQUENCE_START'),
  int32_false_true: falseTrue,
  fp32_false_true: falseTrue,
  bool_false_true: falseTrue,
  data_type: z.string().default('TYPE_INVALID'),
});
const state = z.object({
  input_name: text,
  output_name: text,
  data_type: z.string().default('TYPE_INVALID'),
  dims,
  initial_state: z.array(z.object({ name: text, dims })).default([]),
});
const sequenceBatching = z.object({
  direct: z.object({ minimum_slot_utilization: z.number().default(0) }).optional(),
  oldest: z.object({ max_candidate_sequences: z.number().default(0), preferred_batch_size: dims }).optional(),
  control_input: z.array(z.object({ name: text, control: z.array(control).default([]) })).default([]),
  state: z.array(state).default([]),
});
const tensorMap = z.array(z.object({ key: text, value: text })).default([]);
const step = z.object({
  model_name: text,
  model_version: z.number().default(0),
  input_map: tensorMap,
  output_map: tensorMap,
});

/** The part of ModelConfig that is judged; absent fields have the defaults of protobuf. */
const modelConfig = z.object({
  name: z.string().default(''),
  platform: z.string().default(''),
  backend: z.string().default(''),
  default_model_filename: z.string().default(''),
  max_batch_size: z.number().default(0),
  input: z.array(tensor).default([]),
  output: z.array(tensor).default([]),
  version_policy: z.unknown().optional(),
  instance_group: z
    .array(z.object({ name: text, kind: z.string().default('KIND_AUTO'), count: z.number().default(0), gpus: dims }))
    .default([]),
  dynamic_batching: z
    .object({
      preferred_batch_size: dims,
      max_queue_delay_microseconds: z.number().default(0),
      preserve_ordering: z.boolean().default(false),
      priority_levels: z.number().default(0),
      default_priority_level: z.number().default(0),
      default_queue_policy: queuePolicy.optional(),
    })
    .optional(),
  sequence_batching: sequenceBatching.optional(),
  ensemble_scheduling: z.object({ step: z.array(step).default([]) }).optional(),
  optimization: z
    .object({
      execution_accelerators: z
        .object({ gpu_execution_accelerator: accelerators, cpu_execution_accelerator: accelerators })
        .prefault({}),
    })
    .prefault({}),
  model_transaction_policy: z.object({ decoupled: z.boolean().default(false) }).prefault({}),
  response_cache: z.object({ enable: z.boolean().default(false) }).optional(),
  parameters: z
    .array(
      z.object({
        key: z.string().default(''),
        value: z.object({ string_value: z.string().default('') }).default({ string_value: '' }),
      }),
    )
    .default([]),
  model_warmup: z
    .array(
      z.object({
        name: z.string().default(''),
        batch_size: z.number().default(0),
        inputs: z.array(z.object({ key: z.string().default(''), value: warmupInput.prefault({}) })).default([]),
      }),
    )
    .default([]),
  model_metrics: z
    .object({
      metric_control: z
        .array(
          z.object({
            metric_identifier: z.object({ family: z.string().default('') }).prefault({}),
            histogram_options: z.object({ buckets: dims }).optional(),
          }),
        )
        .default([]),
    })
    .prefault({}),
});

export type ModelConfig = z.infer<typeof modelConfig>;
export type ConfigTensor = ModelConfig['input'][number];

/** @throws TextFormatError when the text is not text format at all */
export function readConfig(text: string): ReadConfig {
  const problems: { message: string; line: number }[] = [];
  const lines = new Map<string, number>();
  const place: Place = { path: '', lines, report: (message, line) => problems.push({ message, line }) };
  const tree = readMessage('ModelConfig', parseTextFormat(text), place);
  return { config: modelConfig.parse(tree), problems, lineOf: (path) => nearest(lines, path) };
}

function nearest(lines: ReadonlyMap<string, number>, path: string): number | undefined {
  const steps = path.split('.');
  while (steps.length > 0) {
    const line = lines.get(steps.join('.'));
    if (line !== undefined) return line;
    steps.pop();
  }
  return undefined;
}

export { TextFormatError };

type Report = (message: string, line: number) => void;

/** The message that is read: its path, and where lines and problems go. */
interface Place {
  readonly path: string;
  readonly lines: Map<string, number>;
  readonly report: Report;
}

function readMessage(type: string, fields: readonly ParsedField[], place: Place): Record<string, unknown> {
  const { report, lines } = place;
  const known = fieldsOf(type);
  const result: Record<string, unknown> = {};
  for (const field of fields) {
    const fieldType = known.get(field.name);
    if (fieldType === undefined) {
      report(`${type} has no field ${field.name}`, field.line);
      continue;
    }
    const path = `${place.path}${field.name}`;
    const before = fieldType.isRepeated ? ((result[field.name] as unknown[] | undefined)?.length ?? 0) : 0;
    if (!lines.has(path)) lines.set(path, field.line);
    const values = field.values.flatMap((value, index) => {
      const own = fieldType.isRepeated ? `${path}.${before + index}` : path;
      lines.set(own, field.isList ? value.line : field.line);
      return readValue(fieldType, value, field, { ...place, path: `${own}.` });
    });
    if (fieldType.isRepeated) result[field.name] = [...((result[field.name] as unknown[]) ?? []), ...values];
    else if (field.isList) report(`${field.name} is not repeated and takes no list`, field.line);
    else if (field.name in result) report(`${field.name} is given twice`, field.line);
    else if (values.length > 0) result[field.name] = values[0];
  }
  const chosen = (ONE_OF[type] ?? []).filter((name) => name in result);
  const last = fields.findLast(({ name }) => chosen.includes(name));
  if (chosen.length > 1) report(`only one of ${chosen.join(', ')} may be given`, last?.line ?? 1);
  return result;
}

const READERS: Readonly<Record<Exclude<FieldType['kind'], 'enum' | 'message'>, (value: ParsedValue) => unknown>> = {
  string: (value) => (value.kind === 'string' ? value.text : undefined),
  bool: (value) => (value.kind === 'name' || value.kind === 'number' ? BOOLEANS[value.text] : undefined),
  int: (value) => (value.kind === 'number' && INTEGER.test(value.text) ? Number(value.text) : undefined),
  uint: (value) => (value.kind === 'number' && /^\d|^0x/i.test(value.text) ? READERS.int(value) : undefined),
  float: (value) => (value.kind === 'number' ? Number(value.text.replace(/f$/i, '')) : undefined),
};

const INTEGER = /^-?(\d+|0x[0-9a-f]+)$/i;
const BOOLEANS: Readonly<Record<string, boolean>> = {
  true: true,
  True: true,
  t: true,
  1: true,
  false: false,
  False: false,
  f: false,
  0: false,
};

/** A list with the value, empty when it does not fit. */
function readValue(type: FieldType, value: ParsedValue, field: ParsedField, place: Place): unknown[] {
  const { report } = place;
  if (type.kind === 'message') {
    if (value.kind === 'message') return [readMessage(type.of, value.fields, place)];
    report(`${field.name} is a message and needs { }`, field.line);
    return [];
  }
  const result = type.kind === 'enum' ? readEnum(type.of, value) : READERS[type.kind](value);
  if (result !== undefined) return [result];
  const found = value.kind === 'message' ? 'a message' : value.text;
  report(
    `${field.name} takes ${type.kind === 'enum' ? enumValues(type.of).join(', ') : type.kind}, not ${found}`,
    field.line,
  );
  return [];
}

function readEnum(name: string, value: ParsedValue): string | undefined {
  if (value.kind === 'number') return enumValues(name)[Number(value.text)];
  return value.kind === 'name' && enumValues(name).includes(value.text) ? value.text : undefined;
}
