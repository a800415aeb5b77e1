/** The flags of a search: what may be lost, what is wanted, how long it may take. */
import { NimifyError } from '../base/errors.ts';
import type { SearchOptions } from '../pipeline/requests.ts';
import { METRICS, type Metric, parseRatio } from '../pipeline/search/budget.ts';
import type { Call } from './call.ts';
import type { FlagSpec } from './command-spec.ts';

export const BUDGET_FLAGS: readonly FlagSpec[] = [
  {
    flag: '--max-drop',
    value: 'SHARE',
    description: 'Search, and lose at most this much of the metric: 0.5%, or 0.005.',
  },
  { flag: '--min-sqnr', value: 'DB', description: 'Search, and keep this signal-to-noise ratio over all outputs.' },
  {
    flag: '--min-agreement',
    value: 'SHARE',
    description: 'Search, and answer as the original does this often: 99%, or 0.99.',
  },
  {
    flag: '--metric',
    value: 'NAME',
    description:
      'What --max-drop is measured by; accuracy where the data has labels, else agreement of classes or of decisions.',
    choices: METRICS.filter((metric) => metric !== 'sqnr'),
  },
  {
    flag: '--prefer',
    value: 'GOAL',
    description: 'What counts among those that hold the budget.',
    choices: ['speed', 'size'],
    standard: 'speed',
  },
  { flag: '--time-limit', value: 'TIME', description: 'End the search with the best so far: 90s, 10m.' },
];

/** @throws NimifyError USAGE; undefined when no budget is given */
export function searchOptions(call: Call): SearchOptions | undefined {
  try {
    return readOptions(call);
  } catch (error) {
    if (!(error instanceof NimifyError) || error.hint !== undefined) throw error;
    throw new NimifyError(error.code, error.message, { hint: `nimify ${call.spec.name} --help` });
  }
}

/** Rules of `create` that a search has its budget instead of. */
const RULES_WITHOUT_SEARCH = ['min-sqnr-db', 'min-top1-agreement'] as const;

/**
 * For commands that also judge without a search.
 * @throws NimifyError USAGE for both kinds of rules, and for flags of a search without one
 */
export function requireOneBudget(call: Call, search: SearchOptions | undefined): void {
  const hint = `nimify ${call.spec.name} --help`;
  if (search === undefined) {
    if (call.text('report') === undefined) return;
    throw new NimifyError('USAGE', `--report ${BELONGS}`, { hint });
  }
  const rule = RULES_WITHOUT_SEARCH.find((flag) => call.text(flag) !== undefined);
  if (rule === undefined) return;
  throw new NimifyError('USAGE', `--${rule} is for candidates without a search, which has its own budget.`, {
    hint: `Leave --${rule} out, or take it alone.`,
  });
}

const BELONGS = 'belongs to a search: give --max-drop, --min-sqnr or --min-agreement too.';

function readOptions(call: Call): SearchOptions | undefined {
  const [drop, sqnr, agreement] = ['max-drop', 'min-sqnr', 'min-agreement'].map((flag) => call.text(flag));
  const given = [drop, sqnr, agreement].filter((text) => text !== undefined);
  if (given.length > 1) throw usage('Give one of --max-drop, --min-sqnr and --min-agreement.');
  const metric = (call.text('metric') as Metric | undefined) ?? null;
  if (given.length === 0) {
    const flag = ['metric', 'prefer', 'time-limit'].find((name) => call.text(name) !== undefined);
    if (flag === undefined) return undefined;
    throw usage(`--${flag} ${BELONGS}`);
  }
  if (metric !== null && drop === undefined) throw usage('--metric says what --max-drop is measured by.');
  const limit = call.text('time-limit');
  return {
    budget: budgetOf(metric, drop, sqnr, agreement),
    prefer: call.text('prefer') === 'size' ? 'size' : 'speed',
    ...(limit === undefined ? {} : { timeLimitMs: parseTime(limit) }),
  };
}

function budgetOf(metric: Metric | null, drop?: string, sqnr?: string, agreement?: string): SearchOptions['budget'] {
  if (drop !== undefined) return { metric, maxDrop: parseRatio('--max-drop', drop) };
  if (agreement !== undefined)
    return { metric: null, isAgreement: true, least: parseRatio('--min-agreement', agreement) };
  const least = Number(sqnr);
  if (sqnr?.trim() && Number.isFinite(least)) return { metric: 'sqnr', least };
  throw usage(`--min-sqnr ${sqnr} is not a number of dB.`);
}

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

function parseTime(text: string): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)\s*([smh])$/.exec(text.trim()) ?? [];
  if (digits !== undefined && unit !== undefined) return Number(digits) * (UNITS[unit] as number);
  throw usage(`--time-limit ${text} is no time such as 90s, 10m or 1h.`);
}

function usage(message: string): NimifyError {
  return new NimifyError('USAGE', message);
}
