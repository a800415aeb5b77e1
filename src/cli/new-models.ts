/** The commands that make another model of one, as data. */
import { BUDGET_FLAGS } from './budget-flags.ts';
import type { CommandSpec } from './command-spec.ts';
import { DATA_FLAGS, FAIL_ON_FLAG, FORCE_FLAG, OUTPUT_FLAG, REPORT_FLAG, SPLIT_FLAGS } from './flags.ts';
import { MEASURE_SETTINGS, MODEL_ARGUMENT } from './model-words.ts';

export const QUANTIZE: CommandSpec = {
  name: 'quantize',
  group: 'Models',
  summary: 'Quantize a model with one method, or search for what holds a budget',
  details:
    'With --max-drop, --min-sqnr or --min-agreement every method is tried, and the layers that suffer most stay float until the budget holds on samples that calibration did not see; the fastest that holds it is written.',
  arguments: [MODEL_ARGUMENT],
  flags: [
    { flag: '--method', value: 'ID', description: 'Quantizer, such as static-int8; in a search all by default.' },
    { ...OUTPUT_FLAG, description: 'File to write; NAME.METHOD.onnx in this folder by default.' },
    ...DATA_FLAGS,
    ...SPLIT_FLAGS,
    ...BUDGET_FLAGS,
    REPORT_FLAG,
    {
      flag: '--skip-evaluation',
      description:
        'Write without running a model, such as one larger than the memory. For methods without calibration.',
    },
    FORCE_FLAG,
    FAIL_ON_FLAG,
  ],
  settings: [
    'quantization.target',
    'quantization.insist',
    'quantization.calibrationSamples',
    'quantization.calibrationMethod',
    'quantization.calibrationCache',
    'quantization.activationType',
    'quantization.weightType',
    'quantization.weightBits',
    'quantization.blockSize',
    'quantization.weightRounding',
    'quantization.weightForm',
    'quantization.quantizeEmbeddings',
    ...MEASURE_SETTINGS,
  ],
  examples: [
    {
      command: 'nimify quantize model.onnx --method static-int8 --data ./photos -o small.onnx',
      does: 'With calibration',
    },
    {
      command: 'nimify quantize model.onnx --data ./photos --max-drop 0.5% --report ./found',
      does: 'The fastest that loses next to nothing',
    },
  ],
  load: () => import('./commands/quantize.ts'),
};

export const CONVERT: CommandSpec = {
  name: 'convert',
  group: 'Models',
  summary: 'Move the weights into data files or back, raise the opset, clean up',
  details:
    'The weights are streamed: no more than half a MiB of them is in memory. With --force the output may be the input; it is replaced when the new form is whole.',
  arguments: [MODEL_ARGUMENT],
  flags: [
    { ...OUTPUT_FLAG, description: 'File to write.', isRequired: true },
    { flag: '--external-data', description: 'Put the weights into data files beside the model.' },
    { flag: '--embed', description: 'Put all weights into the .onnx file, which may take up to 2 GiB.' },
    {
      flag: '--data-file',
      value: 'NAME',
      description: 'Name of the data file; that of the model with _data by default.',
    },
    { flag: '--threshold', value: 'BYTES', description: 'Tensors from this size on are external.', standard: '1024' },
    {
      flag: '--align',
      value: 'BYTES',
      description: 'Where tensors may begin in a data file: 4096 can be mapped into memory, on Windows 64KiB.',
      standard: '4096',
    },
    {
      flag: '--split',
      value: 'BYTES',
      description: 'Begin a new data file where one would become larger, such as 2GB.',
    },
    { flag: '--opset', value: 'N', description: 'Raise the default operator set to this version, at most 21.' },
    {
      flag: '--clean-up',
      description:
        'Name nodes, fold BatchNormalization, merge equal weights, drop what has no effect; the results stay.',
    },
    FORCE_FLAG,
  ],
  examples: [
    { command: 'nimify convert model.onnx -o big/model.onnx --external-data', does: 'model.onnx and model.onnx_data' },
    { command: 'nimify convert big/model.onnx -o model.onnx --embed', does: 'One file again, the same bytes' },
    { command: 'nimify convert old.onnx -o new.onnx --opset 21 --clean-up', does: 'A graph of today' },
  ],
  load: () => import('./commands/convert.ts'),
};
