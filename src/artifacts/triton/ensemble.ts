/** models/<name>-ensemble/ and models/<name>-preprocess/: one request from the bytes of an image to the outputs of the model. */
import type { GeneratedFile } from '../../base/write-files.ts';
import { batching } from '../batching.ts';
import { configFile, ensembleName, modelFolder } from '../layout.ts';
import type { ServiceFacts, TensorFacts } from '../service-facts.ts';
import { printConfig, shownTensor } from './config.ts';
import { IMAGE, PIXELS, type Preprocess, preprocessFacts, preprocessModel, preprocessPlan } from './preprocess.ts';
import { printTextFormat } from './text-format.ts';

/** Triton wants the folder of a version, also where nothing is in it. */
const KEEP = 'An ensemble has no files of its own, but Triton asks for the folder of its version.\n';

/** Folders of models/ that belong to the model beside its own. */
export function companionFolders(facts: ServiceFacts): string[] {
  const plan = planOf(facts);
  return plan === undefined ? [] : [ensembleName(facts), preprocessFacts(facts, plan).name];
}

/** Configs beside the model's own: where, and for what model; null for the ensemble itself. */
export function companionConfigs(
  facts: ServiceFacts,
): { readonly file: string; readonly facts: ServiceFacts | null }[] {
  const plan = planOf(facts);
  if (plan === undefined) return [];
  const before = preprocessFacts(facts, plan);
  return [
    { file: `models/${ensembleName(facts)}/config.pbtxt`, facts: null },
    { file: configFile(before), facts: before },
  ];
}

export function companionFiles(facts: ServiceFacts): GeneratedFile[] {
  const plan = planOf(facts);
  if (plan === undefined) return [];
  const folder = `models/${ensembleName(facts)}`;
  const before = preprocessFacts(facts, plan);
  return [
    { path: `${folder}/1/.keep`, content: KEEP },
    { path: `${folder}/config.pbtxt`, content: ensembleConfig(facts, plan, before.name) },
    { path: `${modelFolder(before)}/1/model.onnx`, content: preprocessModel(plan) },
    { path: configFile(before), content: printConfig(before) },
  ];
}

function planOf(facts: ServiceFacts): Preprocess | undefined {
  const plan = preprocessPlan(facts);
  return plan === null || typeof plan === 'string' ? undefined : plan;
}

function ensembleConfig(facts: ServiceFacts, plan: Preprocess, before: string): string {
  const { inputs, outputs } = facts.model;
  const { maxBatchSize } = batching(facts);
  const others = inputs.filter(({ name }) => name !== plan.target.name);
  const image = (preprocessFacts(facts, plan).model.inputs[0] as TensorFacts).shape;
  const taken = new Set([...others, ...outputs].map(({ name }) => name));
  const imageName = fresh(IMAGE, taken);
  const pixels = fresh(PIXELS, new Set([...taken, imageName]));
  // Without a reshape: what flows between the members has the dims that they show to clients.
  const message = (tensor: TensorFacts) => shownTensor(tensor, maxBatchSize > 0);
  const same = ({ name }: TensorFacts) => ({ key: name, value: name });
  return printTextFormat({
    name: ensembleName(facts),
    platform: 'ensemble',
    max_batch_size: maxBatchSize,
    input: [message({ name: imageName, dataType: 'uint8', shape: image }), ...others.map(message)],
    output: outputs.map(message),
    ensemble_scheduling: {
      step: [
        {
          model_name: before,
          model_version: -1,
          input_map: [{ key: IMAGE, value: imageName }],
          output_map: [{ key: PIXELS, value: pixels }],
        },
        {
          model_name: facts.name,
          model_version: -1,
          input_map: [{ key: plan.target.name, value: pixels }, ...others.map(same)],
          output_map: outputs.map(same),
        },
      ],
    },
  });
}

function fresh(name: string, taken: ReadonlySet<string>): string {
  let result = name;
  for (let index = 2; taken.has(result); index += 1) result = `${name}_${index}`;
  return result;
}
