/** What a block is called. */
import { isWorker } from './cells.ts';
import { commonScope, type Scope } from './names.ts';
import type { Part } from './part.ts';

/** Operators that only carry data from one form to another; a title names them when there is nothing else. */
const PLUMBING =
  /^(Identity|Cast|CastLike|Reshape|Transpose|Flatten|Squeeze|Unsqueeze|Slice|Split|Expand|Gather|Dropout|QuantizeLinear|DequantizeLinear|Pad|Tile|Shape|Where|Equal|Not|And|Or|Less\w*|Greater\w*)$/;

/** In a group of several workers the sums between them are no news. */
const ARITHMETIC = /^(Add|Sub|Mul|Div|Pow|Sqrt|Neg|Reciprocal|Exp|Clip|Min|Max)$/;

/** Sequences that exporters make of one function, and its name. The longest that fits is taken. */
const IDIOMS: readonly (readonly [readonly string[], string])[] = [
  [['ReduceMean', 'Sub', 'Pow', 'ReduceMean', 'Add', 'Sqrt', 'Div', 'Mul', 'Add'], 'LayerNormalization'],
  [['ReduceMean', 'Sub', 'Mul', 'ReduceMean', 'Add', 'Sqrt', 'Div', 'Mul', 'Add'], 'LayerNormalization'],
  [['ReduceMean', 'Sub', 'Pow', 'ReduceMean', 'Add', 'Sqrt', 'Div'], 'LayerNormalization'],
  [['Pow', 'ReduceMean', 'Add', 'Sqrt', 'Div', 'Mul', 'Mul'], 'RMSNormalization'],
  [['Pow', 'ReduceMean', 'Add', 'Sqrt', 'Reciprocal', 'Mul', 'Mul'], 'RMSNormalization'],
  [['BatchNormalization', 'Mul', 'Add'], 'BatchNormalization'],
  [['Div', 'Erf', 'Add', 'Mul', 'Mul'], 'Gelu'],
  [['Mul', 'Erf', 'Add', 'Mul', 'Mul'], 'Gelu'],
  [['HardSigmoid', 'Mul'], 'HardSwish'],
  [['Sigmoid', 'Mul'], 'Swish'],
];

/** Steps of a chain of operators that are named. */
const LONGEST_TITLE = 3;

export interface TitleFacts {
  /** Of a part that goes from a fork to a join. */
  readonly fork: (part: Part) => Fork;
  /** Operators of the cells, in their order, without bookkeeping. */
  readonly operators: (part: Part) => readonly string[];
  readonly scopes: readonly Scope[];
  /** What all scopes begin with. */
  readonly common: Scope;
}

export interface Fork {
  readonly branches: number;
  /** One branch is no more than an edge from the fork to the join. */
  readonly hasShortcut: boolean;
  /** Operator in which they meet. */
  readonly join: string;
}

export function titleOf(part: Part, facts: TitleFacts): string {
  if (part.kind === 'repeat') return repeatTitle(part, facts);
  const name = part.kind === 'module' ? moduleTitle(part.scope, facts.common) : '';
  if (/\D/.test(name)) return name;
  const operators = facts.operators(part);
  if (part.kind === 'branches') return branchesTitle(operators, facts.fork(part)) ?? operatorTitle(operators);
  return operatorTitle(operators);
}

/** The scope that all modules share says nothing. */
export function commonOf(scopes: readonly Scope[]): Scope {
  const named = scopes.filter((scope) => scope.length > 0);
  return named.reduce<Scope>(commonScope, named[0] ?? []);
}

function moduleTitle(scope: Scope, common: Scope): string {
  const own = scope.length > common.length ? scope.slice(common.length) : scope.slice(-1);
  return own.filter((segment, depth) => !own[depth + 1]?.startsWith(`${segment}.`)).join('.');
}

/** `encoder.layer.0 … encoder.layer.11`; the parts of a longer round joined by a plus. */
function repeatTitle(part: Part, facts: TitleFacts): string {
  const titles = [...new Set(part.round.map((one) => titleOf(one, facts)))];
  const [only] = part.round;
  if (part.round.length > 1 || only?.kind !== 'module') return titles.slice(0, 2).join(' + ');
  if (titles[0] !== moduleTitle(only.scope, facts.common)) return titles[0] as string;
  const last = facts.scopes[part.cells.at(-1) as number] as Scope;
  const end = moduleTitle(last.slice(0, only.scope.length), facts.common);
  return end === titles[0] ? end : `${titles[0]} … ${end.slice(end.lastIndexOf('.') + 1)}`;
}

/** @returns undefined for branches of no known kind */
function branchesTitle(operators: readonly string[], { branches, hasShortcut, join }: Fork): string | undefined {
  if (!operators.some(isWorker)) return undefined;
  const products = operators.filter((operator) => operator === 'MatMul').length;
  if (operators.includes('Softmax') && products > 1) return 'Attention';
  if (join === 'Add' || join === 'Sum') return hasShortcut ? 'Residual block' : 'Residual block with projection';
  if (join === 'Concat') return hasShortcut ? 'Dense block' : `${branches} branches → Concat`;
  return join === 'Mul' ? 'Gated block' : undefined;
}

/** `Conv → BatchNormalization → Relu`. */
function operatorTitle(operators: readonly string[]): string {
  const named = withIdioms(operators);
  const isBusy = named.filter(isWorker).length > 1;
  const isNews = (operator: string): boolean => !PLUMBING.test(operator) && !(isBusy && ARITHMETIC.test(operator));
  const essential = named.filter(isNews);
  const steps = runs(essential.length > 0 ? essential : named);
  if (steps.length <= LONGEST_TITLE) return steps.join(' → ');
  return [...steps.slice(0, LONGEST_TITLE - 1), '…', steps.at(-1)].join(' → ');
}

function withIdioms(operators: readonly string[]): string[] {
  const result: string[] = [];
  for (let at = 0; at < operators.length; ) {
    const idiom = IDIOMS.find(([sequence]) => sequence.every((operator, step) => operators[at + step] === operator));
    result.push(idiom?.[1] ?? (operators[at] as string));
    at += idiom?.[0].length ?? 1;
  }
  return result;
}

/** Neighbours of one name are named once. */
function runs(operators: readonly string[]): string[] {
  return operators.filter((operator, place) => operator !== operators[place - 1]);
}
