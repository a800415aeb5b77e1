/** Configurations: keys that make a loader import code, and chat templates. */
import type { JsonValue } from '../../../base/errors.ts';
import { parseJson } from '../../read-json.ts';
import { utf8 } from '../../source.ts';
import type { FileCheck, FileContext } from '../check.ts';
import { checkTemplate } from './template.ts';

/** Other JSON files, such as vocabularies, are data. */
const CONFIGURATIONS = /(^|[/_.-])(config|configuration|index|template|templates|processor|args|params)[^/]*\.json$/i;

/** Keys → what their value asks for. Sources: transformers, diffusers, Hydra. */
const CODE_KEYS: ReadonlyMap<string, string> = new Map([
  ['auto_map', 'classes in Python files'],
  ['custom_pipelines', 'pipelines in Python files'],
  ['custom_pipeline', 'a pipeline in a Python file'],
  ['trust_remote_code', 'code of the repository'],
  ['_target_', 'a Python object by its name'],
  ['custom_code', 'code of the repository'],
]);

const MAX_DEPTH = 64;

export const json: FileCheck = {
  rules: ['auto-map', 'chat-template', 'chat-template-code', 'scan-limit'],
  run(context) {
    if (!CONFIGURATIONS.test(context.file)) return;
    const { source, limits } = context;
    if (source.sizeBytes > limits.maxTextBytes) {
      context.report('scan-limit', { what: `Configurations of more than ${limits.maxTextBytes} bytes are not read.` });
      return;
    }
    const document = parseJson(utf8(source.read(0, source.sizeBytes)));
    if (document !== undefined) visit(context, document as JsonValue, [], 0);
  },
};

function visit(context: FileContext, value: JsonValue, way: readonly string[], depth: number): void {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return;
  for (const [key, item] of Object.entries(value)) {
    const place = [...way, key];
    if (key === 'chat_template') templates(context, item, place.join('.'));
    else if (CODE_KEYS.has(key) && isAsking(item)) reportCode(context, key, item, place.join('.'));
    else visit(context, item, place, depth + 1);
  }
}

function isAsking(value: JsonValue): boolean {
  return value !== null && value !== false && value !== '' && JSON.stringify(value) !== '{}';
}

/** `other/repository--module.Class` fetches the code from somewhere else. */
function reportCode(context: FileContext, key: string, value: JsonValue, where: string): void {
  const text = JSON.stringify(value);
  const isElsewhere = /"[^"]+\/[^"]+--/.test(text);
  const what = isElsewhere ? 'code of another repository' : CODE_KEYS.get(key);
  context.report('auto-map', { key, value: `${what}: ${text}` }, where, isElsewhere ? 'error' : undefined);
}

/** One template, or a list of named ones. */
function templates(context: FileContext, value: JsonValue, where: string): void {
  if (typeof value === 'string') checkTemplate(context, value, '', where);
  if (typeof value !== 'object' || value === null) return;
  for (const [key, item] of Object.entries(value as Record<string, JsonValue>)) {
    if (typeof item === 'string') checkTemplate(context, item, key, `${where}.${key}`);
    else if (typeof item === 'object' && item !== null && !Array.isArray(item)) {
      const { name, template } = item as Readonly<Record<string, JsonValue>>;
      if (typeof template === 'string') checkTemplate(context, template, String(name ?? key), `${where}.${key}`);
    }
  }
}
