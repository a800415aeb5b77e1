/** Operators with their domain, and how often a model uses each. */
import { allNodes } from '../onnx/graph.ts';
import type { ModelProto, NodeProto } from '../onnx/proto.ts';
import type { Change } from './facts.ts';

/** `Conv`, or `com.microsoft::Attention` outside of the default domain. */
export function operatorOf({ domain, opType = '' }: NodeProto): string {
  return !domain || domain === 'ai.onnx' ? opType : `${domain}::${opType}`;
}

/** Those whose number differs, the largest difference first. */
export function diffOperators(before: ModelProto, after: ModelProto): Change<number>[] {
  const old = countOperators(before);
  const fresh = countOperators(after);
  return [...new Set([...old.keys(), ...fresh.keys()])]
    .map((what) => ({ what, before: old.get(what) ?? 0, after: fresh.get(what) ?? 0 }))
    .filter((change) => change.before !== change.after)
    .sort((a, b) => Math.abs(b.after - b.before) - Math.abs(a.after - a.before) || (a.what < b.what ? -1 : 1));
}

function countOperators(model: ModelProto): Map<string, number> {
  const counts = new Map<string, number>();
  for (const node of allNodes({ ...model, trainingInfo: [] })) {
    const key = operatorOf(node);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}
