/** The names of the classes of a model, as Hugging Face keeps them: `id2label` or `label2id` of config.json. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Name → index, of the config.json beside the model, or above its folder `onnx`. Empty where there is none or it says
 * nothing: names are a help and no need.
 */
export function classNames(modelPath: string): ReadonlyMap<string, number> {
  const folder = dirname(modelPath);
  for (const path of [join(folder, 'config.json'), join(dirname(folder), 'config.json')]) {
    const names = namesOf(path);
    if (names.size > 0) return names;
  }
  return new Map();
}

function namesOf(path: string): ReadonlyMap<string, number> {
  try {
    const { id2label, label2id } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    const pairs = [
      ...Object.entries(label2id ?? {}),
      ...Object.entries(id2label ?? {}).map(([id, name]) => [String(name), Number(id)] as const),
    ];
    return new Map(pairs.filter((pair): pair is [string, number] => Number.isSafeInteger(pair[1])));
  } catch {
    return new Map();
  }
}
