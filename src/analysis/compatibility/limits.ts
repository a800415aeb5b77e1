/** What a target asks of nodes whose operator it takes, as data: attributes, ranks, inputs that have to be constant. */
import { findAttribute } from '../../onnx/attribute.ts';
import type { AttributeProto } from '../../onnx/proto.ts';
import type { OperatorUse } from './operator-use.ts';

/** What is not as it has to be: `what` of the node, the values that are `allowed`, and the one that was `found`. */
export interface Excess {
  readonly what: string;
  readonly allowed: string;
  readonly found: string;
}

/** `operators` are separated by spaces. */
export type Limit = { readonly operators: string } & (
  | { readonly kind: 'constant input'; readonly input: number }
  | { readonly kind: 'no input'; readonly input: number }
  | { readonly kind: 'outputs'; readonly most: number }
  | { readonly kind: 'ranks'; readonly ranks: readonly number[] }
  | { readonly kind: 'one of'; readonly attribute: string; readonly values: readonly (string | number)[] }
  | { readonly kind: 'all'; readonly attribute: string; readonly value: number }
  | { readonly kind: 'no attribute'; readonly attribute: string }
  | { readonly kind: 'equal halves'; readonly attribute: string }
  | { readonly kind: 'equal ranks of branches' }
);

/** A table of limits, by operator. */
export class Limits {
  readonly #byOperator = new Map<string, Limit[]>();

  constructor(limits: readonly Limit[]) {
    for (const limit of limits) {
      for (const operator of limit.operators.split(' ')) {
        this.#byOperator.set(operator, [...(this.#byOperator.get(operator) ?? []), limit]);
      }
    }
  }

  get operators(): readonly string[] {
    return [...this.#byOperator.keys()];
  }

  excessesOf(use: OperatorUse): Excess[] {
    return (this.#byOperator.get(use.operator) ?? []).flatMap((limit) => excessOf(limit, use) ?? []);
  }
}

function excessOf(limit: Limit, use: OperatorUse): Excess | undefined {
  const { node, tensors } = use;
  switch (limit.kind) {
    case 'constant input': {
      const name = node.input[limit.input];
      if (!name || tensors.isConstant(name)) return undefined;
      return { what: `input ${limit.input}`, allowed: 'a constant', found: 'a calculated one' };
    }
    case 'no input':
      return node.input[limit.input] ? { what: `input ${limit.input}`, allowed: 'none', found: 'one' } : undefined;
    case 'outputs': {
      const given = node.output.filter((name) => name !== '').length;
      return given > limit.most ? { what: 'outputs', allowed: `${limit.most}`, found: `${given}` } : undefined;
    }
    case 'ranks': {
      const rank = tensors.info(node.input[0] ?? '')?.shape?.length;
      if (rank === undefined || limit.ranks.includes(rank)) return undefined;
      return { what: 'dimensions', allowed: limit.ranks.join(' or '), found: `${rank}` };
    }
    case 'equal ranks of branches':
      return branchExcess(use);
    default: {
      const attribute = findAttribute(node, limit.attribute);
      return attribute === undefined ? undefined : attributeExcess(limit, attribute);
    }
  }
}

/** Ranks that are not known are not judged. */
function branchExcess({ node, inner }: OperatorUse): Excess | undefined {
  for (const index of node.output.keys()) {
    const ranks = inner.flatMap(({ graph, tensors }) => {
      const rank = tensors.info(graph.output[index]?.name ?? '')?.shape?.length;
      return rank === undefined ? [] : [rank];
    });
    if (new Set(ranks).size > 1) return { what: 'branches', allowed: 'of the same rank', found: ranks.join(' and ') };
  }
  return undefined;
}

type AttributeLimit = Extract<Limit, { readonly attribute: string }>;

function attributeExcess(limit: AttributeLimit, attribute: AttributeProto): Excess | undefined {
  const what = limit.attribute;
  switch (limit.kind) {
    case 'one of': {
      const found = attribute.s === undefined ? Number(attribute.i ?? attribute.f ?? 0) : decoded(attribute.s);
      return limit.values.includes(found) ? undefined : { what, allowed: limit.values.join(', '), found: `${found}` };
    }
    case 'all': {
      const isFitting = attribute.ints.every((value) => Number(value) === limit.value);
      return isFitting ? undefined : { what, allowed: `${limit.value}`, found: attribute.ints.join(', ') };
    }
    case 'equal halves': {
      const names = attribute.strings.map(decoded);
      const half = names.length / 2;
      const isFitting = half < 1 || !Number.isInteger(half) || isEqualHalves(names, half);
      return isFitting ? undefined : { what, allowed: 'the same forward and backward', found: names.join(', ') };
    }
    case 'no attribute':
      return isDefault(attribute) ? undefined : { what, allowed: 'none', found: 'one' };
  }
}

function isEqualHalves(names: readonly string[], half: number): boolean {
  return names.slice(0, half).every((name, index) => name === names[index + half]);
}

/** Zero says the same as no attribute. */
function isDefault({ i, f, s, sparseTensor, strings }: AttributeProto): boolean {
  return (
    s === undefined && sparseTensor === undefined && strings.length === 0 && Number(i ?? 0) === 0 && (f ?? 0) === 0
  );
}

function decoded(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
