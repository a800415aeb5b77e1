/** One finding per operator and reason, and never one per node. */
import type { JsonValue } from '../../base/errors.ts';
import { type Finding, type FindingCode, finding } from '../../base/findings.ts';
import type { OperatorUse } from './operator-use.ts';

type Args = Readonly<Record<string, JsonValue>>;

/** Nodes that a finding names; the rest is counted. */
const NAMED = 3;

/** Collects nodes of which the same is to be said. */
export class Groups {
  readonly #groups = new Map<string, { code: FindingCode; args: Args; labels: string[] }>();

  /** args of the finding: those given, `operator`, `count` and the first `nodes`. */
  add(code: FindingCode, { operator, label }: OperatorUse, args: Args = {}): void {
    const key = JSON.stringify([code, operator, args]);
    const group = this.#groups.get(key);
    if (group === undefined) this.#groups.set(key, { code, args: { operator, ...args }, labels: [label] });
    else group.labels.push(label);
  }

  /** `where` is the first node. */
  get findings(): Finding[] {
    return [...this.#groups.values()].map(({ code, args, labels }) =>
      finding(code, { ...args, count: labels.length, nodes: labels.slice(0, NAMED) }, labels[0]),
    );
  }
}
