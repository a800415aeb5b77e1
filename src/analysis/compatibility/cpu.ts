/**
 * The CPU execution provider of ONNX Runtime, which runs whatever no other provider takes.
 *
 * CPU_NO_KERNEL, one per operator and reason. args: `operator`, `opset`, `reason` (`operator`, `version`, `type` or
 * `attribute`), `dataType` and `slot` (`input 0`), or `attribute`, `count`, `nodes`.
 * CPU_CASTS: float16 that runs as float32. args: `operators` {type: count}, `count`.
 */
import { type Finding, type FindingCode, finding } from '../../base/findings.ts';
import { BUNDLED_RELEASE } from '../../runtime/releases/onnx-runtime.ts';
import { histogram } from '../operators.ts';
import { Groups } from './groups.ts';
import { KERNELS_OF, type Placement, placeOnCpu, type Refusal } from './kernels/provider.ts';
import type { OperatorUse } from './operator-use.ts';
import { type Target, type TargetContext, verdictOf } from './target.ts';

/** Findings of the checks that say that ONNX Runtime does not load the model. */
const REFUSALS: readonly FindingCode[] = ['IR_TOO_NEW', 'OPSET_TOO_NEW', 'CUSTOM_DOMAIN', 'UNKNOWN_OPERATOR'];

export const cpu: Target = {
  id: 'cpu',
  judge({ uses, checks }: TargetContext) {
    const placed = uses.map((use) => ({ use, placement: placeOnCpu(use) }));
    const findings = [
      ...checks.filter(({ code }) => REFUSALS.includes(code)),
      ...missingKernels('CPU_NO_KERNEL', placed),
      ...castsOf(placed),
    ];
    const isUnknown = placed.some(({ placement }) => placement.state === 'unknown');
    const isRefused = findings.some(({ code }) => REFUSALS.includes(code));
    const verdict = isRefused ? 'refused' : verdictOf(findings, false, isUnknown);
    return { version: `ONNX Runtime ${BUNDLED_RELEASE.version}`, verdict, findings };
  },
};

export interface PlacedUse {
  readonly use: OperatorUse;
  readonly placement: Placement;
}

export function missingKernels(code: FindingCode, placed: readonly PlacedUse[]): Finding[] {
  const groups = new Groups();
  for (const { use, placement } of placed) {
    if (placement.state === 'missing') groups.add(code, use, reasonOf(use, placement.answer));
  }
  return groups.findings;
}

/** Why there is no kernel, as arguments of a finding. */
export function reasonOf({ opset }: OperatorUse, answer: Refusal): Record<string, string | number> {
  const base = { opset: opset ?? 0, reason: answer.state, runtime: KERNELS_OF };
  if (answer.state === 'attribute') return { ...base, attribute: answer.attribute };
  return answer.state === 'type'
    ? { ...base, dataType: answer.dataType, slot: `${answer.slot.side} ${answer.slot.index}` }
    : base;
}

function castsOf(placed: readonly PlacedUse[]): Finding[] {
  const cast = placed.filter(({ placement }) => placement.state === 'casts').map(({ use }) => use.operator);
  return cast.length === 0 ? [] : [finding('CPU_CASTS', { operators: histogram(cast), count: cast.length })];
}
