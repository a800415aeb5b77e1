/** Models that Triton would not load: what is said beforehand, in its own sentence, and on which line. */
import { describe, expect, test } from 'vitest';
import type { ServiceFacts } from '../../src/artifacts/service-facts.ts';
import { artifact } from '../../src/artifacts/triton/artifact.ts';
import { FIXTURES } from './fixtures.ts';

const faces = FIXTURES.faces!;
const text = FIXTURES.text!;
const accelerated = (accelerator: 'tensorrt' | 'openvino', gpus: number): ServiceFacts => ({
  ...text,
  model: { ...text.model, inputs: text.model.inputs.slice(0, 1) },
  serving: { ...text.serving, accelerator, gpus },
});
const recurrent: ServiceFacts = {
  ...text,
  model: {
    ...text.model,
    inputs: ['x', 'h'].map((name) => ({ name, dataType: 'float32', shape: ['batch', 4] })),
    outputs: ['y', 'hn'].map((name) => ({ name, dataType: 'float32', shape: ['batch', 4] })),
    states: [{ input: 'h', output: 'hn' }],
  },
};

type Row = readonly [name: string, facts: ServiceFacts, from: string | RegExp, to: string, problem: string];

const tensorrt = accelerated('tensorrt', 1);
const control = (text: string) => `control_input [ { name: "c" control [ { ${text} } ] } ]\n  oldest {`;

/** The edit begins on the line that the finding names. */
const ROWS: readonly Row[] = [
  [
    'a batch of a model whose first dimension is fixed (server#7462)',
    faces,
    'max_batch_size: 0',
    'max_batch_size: 4',
    "model 'faces', tensor 'input': for the model to support batching the shape should have at least 1 dimension and the first dimension must be -1; but shape expected by the model is [1,3,240,320]",
  ],
  [
    'a negative batch',
    faces,
    'max_batch_size: 0',
    'max_batch_size: -1',
    "'max_batch_size' must be non-negative value for faces",
  ],
  [
    "a key of TensorFlow's TensorRT (Model Navigator)",
    tensorrt,
    'key: "trt_engine_cache_enable"',
    'key: "max_cached_engines"',
    "unknown parameter 'max_cached_engines' is provided for TensorRT Execution Accelerator",
  ],
  [
    'a precision that there is not',
    tensorrt,
    /key: "precision_mode"\n( *)value: "INT8"/,
    'key: "precision_mode"\n$1value: "INT4"',
    "unsupported precision mode 'INT4' is requested",
  ],
  [
    'an accelerator that there is not',
    tensorrt,
    'name: "tensorrt"',
    'name: "tensorflow"',
    "unknown Execution Accelerator 'tensorflow' is requested",
  ],
  [
    'parameters of OpenVINO',
    accelerated('openvino', 0),
    'name: "openvino"',
    'name: "openvino" parameters { key: "device" value: "GPU" }',
    'the openvino accelerator takes no parameters: the backend does not read them',
  ],
  [
    'another accelerator of the processor',
    accelerated('openvino', 0),
    '"openvino"',
    '"onednn"',
    "unknown Execution Accelerator 'onednn' is requested",
  ],
  [
    'a group on a GPU that is not there',
    faces,
    'kind: KIND_CPU',
    'kind: KIND_GPU',
    'instance group faces_0 of model faces has kind KIND_GPU but no GPUs are available',
  ],
  [
    'a group on the processor with GPUs',
    faces,
    'kind: KIND_CPU',
    'kind: KIND_CPU gpus: 0',
    'instance group faces_0 of model faces has kind KIND_CPU but specifies one or more GPUs',
  ],
  [
    'a cache of streamed answers',
    faces,
    'backend:',
    'response_cache { enable: true } model_transaction_policy { decoupled: true }\nbackend:',
    "Response Cache does not currently support model faces with 'decoupled' transaction policy. Please disable the response cache.",
  ],
  [
    'a cache of sequences',
    recurrent,
    'backend:',
    'response_cache { enable: true }\nbackend:',
    'Response Cache does not currently support model no with sequence batching scheduler. Please disable the response cache.',
  ],
  [
    'an optional input of a batch',
    text,
    'dims: [ 128 ]',
    'dims: [ 128 ] optional: true',
    'input input_ids is optional, which needs max_batch_size 0',
  ],
  [
    'a preferred batch beyond the largest',
    text,
    'max_queue_delay',
    'preferred_batch_size: 17 max_queue_delay',
    'dynamic batching preferred size must be <= max batch size for no',
  ],
  [
    'ordering and a delay',
    text,
    /default_queue_policy \{\s*timeout_action: REJECT/,
    'preserve_ordering: true\n  default_queue_policy { timeout_action: DELAY default_timeout_microseconds: 9',
    "Queue policy can not have DELAY as timeout action when 'preserve_ordering' is true for no",
  ],
  [
    'a control without values',
    recurrent,
    'oldest {',
    control('kind: CONTROL_SEQUENCE_START'),
    "sequence batching must specify either 'int32_false_true', 'fp32_false_true' or 'bool_false_true' for CONTROL_SEQUENCE_START for no",
  ],
  [
    'a control with one value',
    recurrent,
    'oldest {',
    control('kind: CONTROL_SEQUENCE_READY int32_false_true: [ 1 ]'),
    "sequence batching control 'int32_false_true' must have exactly 2 entries for CONTROL_SEQUENCE_READY for no",
  ],
  [
    'a control with values of two types',
    recurrent,
    'oldest {',
    control('kind: CONTROL_SEQUENCE_END int32_false_true: [ 0, 1 ] fp32_false_true: [ 0, 1 ]'),
    "sequence batching specifies more than one from 'int32_false_true', 'fp32_false_true' and 'bool_false_true' for CONTROL_SEQUENCE_END for no",
  ],
  [
    'a correlation id of a wrong type',
    recurrent,
    'oldest {',
    control('kind: CONTROL_SEQUENCE_CORRID data_type: TYPE_FP32'),
    'unexpected data type for control CONTROL_SEQUENCE_CORRID for no. Allowed data types are TYPE_UINT64, TYPE_INT64, TYPE_UINT32, TYPE_INT32 and TYPE_STRING',
  ],
  [
    'a correlation id with values',
    recurrent,
    'oldest {',
    control('kind: CONTROL_SEQUENCE_CORRID data_type: TYPE_UINT64 int32_false_true: [ 0, 1 ]'),
    "sequence batching must not specify either 'int32_false_true', 'fp32_false_true' or 'bool_false_true' for CONTROL_SEQUENCE_CORRID for no",
  ],
  [
    'a control twice',
    recurrent,
    'oldest {',
    control(
      'kind: CONTROL_SEQUENCE_START int32_false_true: [ 0, 1 ] }, { kind: CONTROL_SEQUENCE_START int32_false_true: [ 0, 1 ]',
    ),
    'sequence batching specifies multiple CONTROL_SEQUENCE_START tensors for no',
  ],
  [
    'a control without a name',
    recurrent,
    'oldest {',
    'control_input { }\n  oldest {',
    'sequence batching control tensor must have a name for no',
  ],
  [
    'a preferred batch of sequences beyond the largest',
    recurrent,
    'max_candidate_sequences',
    'preferred_batch_size: 99 max_candidate_sequences',
    'sequence batching preferred batch size must be <= max batch size for no',
  ],
];

const filesOf = async (facts: ServiceFacts) =>
  new Map((await artifact.generate(facts)).map(({ path, content }) => [path, content as string]));

describe('before Triton does, the check refuses', () => {
  test.each(ROWS)('%s', async (_, facts, from, to, problem) => {
    const files = await filesOf(facts);
    const file = `models/${facts.name}/config.pbtxt`;
    const before = files.get(file)!;
    const after = before.replace(from, to);
    expect(after).not.toBe(before);
    const start = [...before].findIndex((char, index) => char !== after[index]);
    const findings = await artifact.check(new Map([...files, [file, after]]), facts);
    const found = findings.find(({ args }) => args.problem === problem);
    expect(found, JSON.stringify(findings.map(({ args }) => args))).toMatchObject({ code: 'ARTIFACT_INVALID' });
    const changed = before.slice(0, start).split('\n').length;
    const line = Number(found?.where?.slice(file.length + 1));
    // The field itself, or the item of the list around it where one of its fields is what was edited.
    expect(Math.abs(line - changed), `${line} for ${changed}`).toBeLessThanOrEqual(2);
  });

  test.each([
    ['a state that the model does not have', 'input_name: "h"', 'input_name: "g"', 'input_name of a state'],
    ['a state of another type', /(output_name.*\n *data_type: )TYPE_FP32/, '$1TYPE_FP16', 'data_type of state h'],
    ['a state of another size', /(output_name.*\n.*\n *dims: )\[ 4 \]/, '$1[ 5 ]', 'dims of state h'],
  ])('%s', async (_, from, to, what) => {
    const files = await filesOf(recurrent);
    const file = 'models/no/config.pbtxt';
    const after = files.get(file)!.replace(from, to);
    const findings = await artifact.check(new Map([...files, [file, after]]), recurrent);
    expect(findings).toContainEqual(
      expect.objectContaining({ code: 'ARTIFACT_DISAGREES', args: expect.objectContaining({ what }) }),
    );
  });

  test.each([
    ['a bound', /\{\s*key: "trt_profile_opt_shapes"[^}]*\},/, '', /without trt_profile_opt_shapes/],
    ['an input', 'input_ids:1x128', 'other:1x128', /trt_profile_min_shapes lacks input_ids/],
  ])('profiles that lack %s', async (_, from, to, problem) => {
    const files = await filesOf(tensorrt);
    const file = 'models/no/configs/gpu.pbtxt';
    const after = files.get(file)!.replace(from, to);
    const findings = await artifact.check(new Map([...files, [file, after]]), tensorrt);
    expect(findings).toContainEqual(
      expect.objectContaining({ args: expect.objectContaining({ file, problem: expect.stringMatching(problem) }) }),
    );
  });
});

const ENSEMBLE = `name: "both"
platform: "ensemble"
max_batch_size: 8
input { name: "IDS" data_type: TYPE_INT64 dims: [ 128 ] }
output { name: "LOGITS" data_type: TYPE_FP32 dims: [ 5 ] }
ensemble_scheduling {
  step {
    model_name: "no"
    model_version: -1
    input_map { key: "input_ids" value: "IDS" }
    output_map { key: "logits" value: "LOGITS" }
  }
}
`;

describe('an ensemble beside the model', () => {
  const facts = { ...text, model: { ...text.model, inputs: text.model.inputs.slice(0, 1) } };
  const check = async (content: string) =>
    (await artifact.check(new Map([...(await filesOf(facts)), ['models/both/config.pbtxt', content]]), facts)).filter(
      ({ severity }) => severity !== 'info',
    );

  test('is fine when every tensor is written once and used', async () => {
    expect(await check(ENSEMBLE)).toEqual([]);
  });

  test.each<[string, string, string, string, number | undefined]>([
    [
      'a larger batch than a member',
      'max_batch_size: 8',
      'max_batch_size: 64',
      'ensemble both allows maximum batch size 64, but it contains model no which only allows maximum batch size to be 16',
      3,
    ],
    [
      'an input that a member does not have',
      '"input_ids"',
      '"ids"',
      'in ensemble both, ensemble tensor IDS is mapping to non-existing input ids in model no',
      10,
    ],
    [
      'an output that a member does not have',
      '"logits"',
      '"logit"',
      'in ensemble both, ensemble tensor LOGITS is mapped from non-existing output logit in model no',
      11,
    ],
    [
      'an input that is not mapped',
      'input_map { key: "input_ids" value: "IDS" }',
      '',
      'in ensemble both, input input_ids in model no is not mapped to any ensemble tensors',
      7,
    ],
    [
      'a tensor that nobody reads',
      'key: "logits" value: "LOGITS" }',
      'key: "logits" value: "LOGITS" } output_map { key: "score" value: "s" }',
      "ensemble tensor 's' is unused in ensemble 'both'",
      11,
    ],
    [
      'an input that nobody reads',
      'value: "IDS"',
      'value: "X"',
      "ensemble tensor 'IDS' is unused in ensemble 'both'",
      4,
    ],
    ['a tensor that nobody writes', 'value: "IDS"', 'value: "X"', "nothing writes the ensemble tensor 'X'", 6],
    [
      'a tensor that is written twice',
      'value: "LOGITS" }',
      'value: "LOGITS" } output_map { key: "score" value: "LOGITS" }',
      "ensemble tensor 'LOGITS' is written more than once",
      11,
    ],
    [
      'instances',
      'platform',
      'instance_group { count: 1 }\nplatform',
      'an ensemble has no instance_group: that belongs to its members',
      2,
    ],
    [
      'a backend',
      'platform',
      'backend: "onnxruntime"\nplatform',
      "Ensemble model 'both' must have platform type 'ensemble' and empty backend type",
      2,
    ],
    [
      'no scheduling',
      ENSEMBLE.slice(ENSEMBLE.indexOf('ensemble_scheduling')),
      '',
      'ensemble scheduling must be set for ensemble both whose platform is ensemble',
      undefined,
    ],
  ])('%s is refused', async (_, from, to, problem, line) => {
    const where = `models/both/config.pbtxt${line === undefined ? '' : `:${line}`}`;
    expect(await check(ENSEMBLE.replace(from, to))).toContainEqual(
      expect.objectContaining({ where, args: expect.objectContaining({ problem }) }),
    );
  });

  test('of a model that is not there is refused', async () => {
    expect(await check(ENSEMBLE.replace('model_name: "no"', 'model_name: "yes"'))).toContainEqual(
      expect.objectContaining({
        where: 'models/both/config.pbtxt:8',
        args: expect.objectContaining({ what: 'model_name of a step', found: 'yes', expected: ['no', 'both'] }),
      }),
    );
  });

  test('may stand beside models that are nobody else’s business', async () => {
    const files = new Map([...(await filesOf(facts)), ['models/other/config.pbtxt', 'backend: "python"\n']]);
    expect((await artifact.check(files, facts)).filter(({ severity }) => severity !== 'info')).toEqual([]);
  });
});
