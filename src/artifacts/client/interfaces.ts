/** The interfaces of client.ts: one member per tensor, whose name is a quoted key and so may have any characters. */
import type { Problems } from '../problems.ts';
import { type Role, servedTensors } from '../served-tensors.ts';
import type { ServiceFacts, TensorFacts } from '../service-facts.ts';
import { literal } from '../tensor-table.ts';

/** ONNX type → values of TypeScript. Half floats are bits: JavaScript of Node 20 has no array of them. */
const ARRAYS: Readonly<Record<string, string>> = {
  float32: 'Float32Array',
  float64: 'Float64Array',
  float16: 'Uint16Array',
  bfloat16: 'Uint16Array',
  int8: 'Int8Array',
  int16: 'Int16Array',
  int32: 'Int32Array',
  int64: 'BigInt64Array',
  uint8: 'Uint8Array',
  uint16: 'Uint16Array',
  uint32: 'Uint32Array',
  uint64: 'BigUint64Array',
  bool: 'Uint8Array',
  string: 'readonly string[]',
};

const WRAPPERS: Readonly<Record<Role, string>> = { inputs: 'InputTensor', outputs: 'OutputTensor' };
const INTERFACES: Readonly<Record<Role, string>> = { inputs: 'Inputs', outputs: 'Outputs' };

export function memberTypes(facts: ServiceFacts, role: Role): string {
  return servedTensors(facts, role)
    .map((tensor) => `  readonly ${literal(tensor.name)}: ${typeOf(tensor, role)};`)
    .join('\n');
}

/** A type that Triton does not know cannot be sent at all. */
function typeOf({ dataType }: TensorFacts, role: Role): string {
  return `${WRAPPERS[role]}<${ARRAYS[dataType] ?? 'never'}>`;
}

export function checkInterface(file: string, text: string, facts: ServiceFacts, role: Role, problems: Problems): void {
  const lines = text.split('\n');
  const begin = lines.findIndex((line) => line.startsWith(`export interface ${INTERFACES[role]} {`));
  if (begin < 0) {
    problems.invalid(file, `has no interface ${INTERFACES[role]}`);
    return;
  }
  const expected = new Map(servedTensors(facts, role).map((tensor) => [tensor.name, typeOf(tensor, role)]));
  const names: string[] = [];
  for (let index = begin + 1; index < lines.length && !lines[index]?.startsWith('}'); index += 1) {
    const [, name, type] = /^\s*(?:readonly )?("(?:[^"\\]|\\.)*")\??: (.*);$/.exec(lines[index] as string) ?? [];
    if (name === undefined) continue;
    const parsed = unquoted(name);
    names.push(parsed);
    const wanted = expected.get(parsed);
    if (wanted !== undefined) problems.expect(file, `type of ${parsed}`, type, wanted, index + 1);
  }
  problems.expect(file, `members of ${INTERFACES[role]}`, names, [...expected.keys()], begin + 1);
}

function unquoted(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return text;
  }
}
