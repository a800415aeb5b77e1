/** `--slo p99=50ms,availability=99.9`: an objective as people write it. */
import { NimifyError } from '../base/errors.ts';
import type { Objective } from '../pipeline/requests.ts';

const EXAMPLE = '--slo p99=50ms,availability=99.9';
const UNITS_MS: Readonly<Record<string, number>> = { us: 1e-3, µs: 1e-3, ms: 1, s: 1000 };

/** @throws NimifyError USAGE for a part that is neither a percentile with a time nor an availability */
export function parseObjective(text: string): Objective {
  const objective: { -readonly [K in keyof Objective]: Objective[K] } = {};
  for (const part of text.split(',').map((item) => item.trim())) {
    const [, name = '', value = ''] = /^([^=]+)=(.+)$/.exec(part) ?? [];
    const [, percent] = /^p(\d{1,2}(?:\.\d+)?)$/.exec(name) ?? [];
    if (percent !== undefined && objective.latencyMs === undefined) {
      objective.latencyMs = timeMs(part, value);
      objective.latencyRatio = share(part, percent);
    } else if (name === 'availability' && objective.availabilityRatio === undefined) {
      objective.availabilityRatio = share(part, value.replace(/\s*%$/, ''));
    } else throw wrong(part, 'is neither a percentile such as p99=50ms nor availability=99.9, each at most once');
  }
  return objective;
}

function timeMs(part: string, text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*(us|µs|ms|s)$/.exec(text) ?? [];
  const time = Number(number) * (UNITS_MS[unit ?? ''] ?? Number.NaN);
  if (time > 0) return time;
  throw wrong(part, 'has no time above zero with a unit: us, ms or s');
}

/** 99.9 is percent, 0.999 the same share. */
function share(part: string, text: string): number {
  const number = Number(text);
  const ratio = number < 1 ? number : number / 100;
  if (/^\d+(\.\d+)?$/.test(text) && ratio > 0 && ratio < 1) return Number(ratio.toPrecision(12));
  throw wrong(part, 'is no share between 0 and 100 %, both excluded');
}

function wrong(part: string, why: string): NimifyError {
  return new NimifyError('USAGE', `--slo ${part} ${why}.`, { hint: `For example: ${EXAMPLE}` });
}

/** @throws NimifyError USAGE for a rate that is not a number above zero */
export function parseRate(text: string): number {
  const rate = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && rate > 0) return rate;
  throw new NimifyError('USAGE', `--rps must be a number above zero, not ${text}.`, {
    hint: `For example: ${EXAMPLE} --rps 200`,
  });
}
