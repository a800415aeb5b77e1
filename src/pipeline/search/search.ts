/**
 * Looks for the quantized model that holds a budget and is fastest, or smallest: every method first, then the most
 * promising one with its most sensitive parts left float, as few as it takes.
 */
import type { ReportProgress } from '../../base/events.ts';
import type { Finding } from '../../base/findings.ts';
import { openModel } from '../../onnx/open.ts';
import { nodeGroups } from '../../quantization/groups.ts';
import type { QuantizerEntry } from '../../quantization/quantizer.ts';
import type { Budget } from './budget.ts';
import { best, type Preference } from './pareto.ts';
import { type GroupSensitivity, MOST_GROUPS, sensitivityOf } from './sensitivity.ts';
import { TimeLeft, type Work } from './time-left.ts';
import { type Failed, isTried, type TrialBench, type Tried, tryOut } from './trial-bench.ts';
import { firstTrials, type Trial, without } from './trials.ts';

export interface SearchRequest {
  readonly entries: readonly QuantizerEntry[];
  readonly budget: Budget;
  readonly prefer: Preference;
  /** The search ends with the best that it has; unlimited when absent. */
  readonly timeLimitMs?: number;
}

/** Filled while the search goes on, so that an interrupted one has told what it measured. */
export interface SearchLog {
  readonly results: (Tried | Failed)[];
  /** Of each trial. */
  readonly findings: Map<string, readonly Finding[]>;
  sensitivity: readonly GroupSensitivity[];
  isTimeUp: boolean;
}

export const emptyLog = (): SearchLog => ({ results: [], findings: new Map(), sensitivity: [], isTimeUp: false });

/** Slower than the original by more than paired medians can be mistaken: not worth it unless it is for the size. */
const NOT_SLOWER = 0.97;

/** What is this much slower may still become faster: parts that stay float save the turning to integers and back. */
const NEARLY_AS_FAST = 0.85;

/** Steps between the number of groups that was too few and the one that was enough. */
const BISECTIONS = 3;

export class Search {
  readonly #request: SearchRequest;
  readonly #bench: TrialBench;
  readonly #log: SearchLog;
  readonly #report: ReportProgress;
  readonly #startedMs: number;
  readonly #left = new TimeLeft();
  #steppedMs: number;
  #done = 0;
  #planned = 0;

  constructor(request: SearchRequest, bench: TrialBench, log: SearchLog, report: ReportProgress) {
    this.#request = request;
    this.#bench = bench;
    this.#log = log;
    this.#report = report;
    this.#startedMs = bench.deps.clock.monotonicMs();
    this.#steppedMs = this.#startedMs;
  }

  /** The chosen one; undefined when nothing that pays holds the budget. */
  async run(): Promise<Tried | undefined> {
    const { trials, skipped } = await firstTrials(this.#request.entries, this.#bench.model, this.#bench.deps.config);
    for (const { entry, reason } of skipped) {
      const trial = { id: entry.id, label: entry.id, entry, settings: {} };
      this.#log.results.push({ trial, candidate: { id: entry.id, status: 'skipped', reason } });
    }
    this.#planned = trials.length;
    this.#left.ahead.trial = trials.length;
    for (const trial of trials) if (!this.#isOver()) await this.#try(trial);
    const start = this.#promising();
    if (start !== undefined) await this.#leaveOut(start);
    return best(
      this.#log.results.filter(isTried).filter((tried) => this.#isGood(tried)),
      this.#request.prefer,
    );
  }

  #isGood(tried: Tried): boolean {
    return tried.isWithinBudget && (this.#request.prefer === 'size' || tried.speedup >= NOT_SLOWER);
  }

  /** The best one by speed or size that misses the budget and is better than what holds it. */
  #promising(): Tried | undefined {
    const { prefer } = this.#request;
    const tried = this.#log.results.filter(isTried);
    const holding = best(
      tried.filter((one) => this.#isGood(one)),
      prefer,
    );
    const missing = tried.filter((one) => !one.isWithinBudget && one.trial.entry.settings.includes('excludeNodes'));
    const wanted = best(missing, prefer);
    if (wanted === undefined || (prefer === 'speed' && wanted.speedup < NEARLY_AS_FAST)) return undefined;
    return holding === undefined || best([holding, wanted], prefer) === wanted ? wanted : undefined;
  }

  async #leaveOut({ trial }: Tried): Promise<void> {
    const groups = nodeGroups(openModel(this.#bench.model.path), MOST_GROUPS);
    if (groups.length < 2 || this.#isOver()) return;
    this.#planned += groups.length;
    this.#left.ahead.group = groups.length;
    this.#left.ahead.trial = Math.ceil(Math.log2(groups.length));
    const sensitivity = await sensitivityOf(groups, trial, this.#bench, {
      isOver: () => this.#isOver(),
      onDone: () => this.#step('group'),
    });
    // The most sensitive first; of those alike the one with the smaller weight, which costs least.
    this.#log.sensitivity = sensitivity.sort((a, b) => a.sqnrDb - b.sqnrDb || a.weightBytes - b.weightBytes);
    if (this.#isOver()) return;
    let [few, many] = [0, 0];
    for (let count = 1; count < groups.length && !this.#isOver(); count *= 2) {
      if (await this.#holdsWithout(trial, count)) {
        many = count;
        break;
      }
      few = count;
    }
    this.#left.ahead.trial = Math.min(BISECTIONS, Math.ceil(Math.log2(Math.max(1, many - few))));
    for (let step = 0; step < BISECTIONS && many - few > 1 && !this.#isOver(); step += 1) {
      const middle = Math.floor((few + many) / 2);
      if (await this.#holdsWithout(trial, middle)) many = middle;
      else few = middle;
    }
  }

  async #holdsWithout(trial: Trial, count: number): Promise<boolean> {
    const left = this.#log.sensitivity.slice(0, count).flatMap(({ nodes }) => nodes);
    this.#planned += 1;
    const tried = await this.#try(without(trial, left, count));
    return isTried(tried) && tried.isWithinBudget;
  }

  async #try(trial: Trial): Promise<Tried | Failed> {
    const { result, findings } = await tryOut(trial, this.#bench, this.#request.budget);
    // A setting that changes nothing in this model is no candidate of its own.
    if (!this.#isKnown(result)) this.#log.results.push(result);
    this.#log.findings.set(
      trial.id,
      findings.filter(({ code }) => code !== 'CANDIDATE_REJECTED'),
    );
    this.#step('trial');
    return result;
  }

  #isKnown({ candidate: { sha256 } }: Tried | Failed): boolean {
    return sha256 !== undefined && this.#log.results.some(({ candidate }) => candidate.sha256 === sha256);
  }

  #step(work: Work): void {
    const nowMs = this.#bench.deps.clock.monotonicMs();
    this.#left.done(work, nowMs - this.#steppedMs);
    this.#steppedMs = nowMs;
    this.#done += 1;
    const { timeLimitMs = Number.POSITIVE_INFINITY } = this.#request;
    const left = this.#left.estimate();
    const untilLimit = Math.max(0, this.#startedMs + timeLimitMs - nowMs);
    this.#report(this.#done, this.#planned, 'runs', left === undefined ? left : Math.min(left, untilLimit));
  }

  #isOver(): boolean {
    const { timeLimitMs } = this.#request;
    const isOver = timeLimitMs !== undefined && this.#bench.deps.clock.monotonicMs() - this.#startedMs > timeLimitMs;
    if (isOver) this.#log.isTimeUp = true;
    return isOver;
  }
}
