/** The models that are mutated: published ones, those of the ONNX project, our sample, and the hostile corpus. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { HOSTILE_CASES } from '../../fixtures/hostile/make-hostile.ts';
import type { Chance } from './chance.ts';
import { allLists, encodeFields, parseFields, type WireField } from './wire-tree.ts';

interface Seed {
  readonly name: string;
  readonly bytes: Buffer;
  /** Undefined for files that are no valid messages. */
  readonly tree: readonly WireField[] | undefined;
  /** How often it is chosen, next to others. */
  readonly weight: number;
}

const ROOT = new URL('../../../', import.meta.url).pathname;
/** Larger files are weights for the most part. */
const MAX_BYTES = 350_000;

function loadSeeds(): Seed[] {
  const shared = join(ROOT, '..', 'shared');
  const files = ['models', 'onnx-cases'].flatMap((folder) => modelsBelow(join(shared, folder)));
  const sample = join(ROOT, 'test', 'fixtures', 'sample', 'digits.onnx');
  const real = [...files, sample].map((path) => seedOf(relative(ROOT, path), readFileSync(path)));
  return [...real, ...hostile()];
}

function modelsBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.onnx'))
    .map((name) => join(folder, name))
    .sort();
}

/** Every seed has its share; small ones are quick, so they are taken more often. */
function seedOf(name: string, whole: Buffer, share = 1): Seed {
  const tree = treeOf(whole);
  const bytes = tree === undefined ? whole.subarray(0, MAX_BYTES) : encodeFields(tree);
  return { name, bytes, tree, weight: share * Math.max(0.1, Math.min(1, 4000 / bytes.length)) };
}

/** Without the weights of large models: their dims lie then, as those of hostile models do. */
function treeOf(bytes: Buffer): readonly WireField[] | undefined {
  try {
    const tree = parseFields(bytes, 'ModelProto');
    if (bytes.length > MAX_BYTES) for (const list of allLists(tree)) for (const field of list) shorten(field);
    return tree;
  } catch {
    return undefined;
  }
}

function shorten(field: WireField): void {
  if (field.children === undefined && field.bytes.length > 256) field.bytes = field.bytes.subarray(0, 64);
}

/** One model of each theme in a hundred truncations is enough; the files around a model are not there. */
function hostile(): Seed[] {
  const place = { model: '/nowhere/model', outside: '/nowhere' };
  return HOSTILE_CASES.filter(
    ({ isHeavy, name }, index) => !isHeavy && (!/^(external|truncated)/.test(name) || index % 20 === 0),
  )
    .map((item) => ({ name: `hostile/${item.name}`, bytes: Buffer.from(item.bytes(place)) }))
    .filter(({ bytes }) => bytes.length > 0 && bytes.length < MAX_BYTES)
    .map(({ name, bytes }) => seedOf(name, bytes, 0.3));
}

/** Cumulated weights make the choice a search. */
export class Seeds {
  readonly #seeds: readonly Seed[] = loadSeeds();
  readonly #ends: readonly number[];

  constructor() {
    let sum = 0;
    this.#ends = this.#seeds.map(({ weight }) => {
      sum += weight;
      return sum;
    });
  }

  get count(): number {
    return this.#seeds.length;
  }

  pick(chance: Chance): Seed {
    const at = chance.next() * (this.#ends.at(-1) as number);
    return this.#seeds[this.#ends.findIndex((end) => at < end)] as Seed;
  }
}
