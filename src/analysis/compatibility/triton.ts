/**
 * Triton with its ONNX Runtime backend, by the tag of its image.
 *
 * TRITON_IR_TOO_NEW. args: `irVersion`, `maxIrVersion`, `tritonTag`, `onnxRuntime`.
 * TRITON_OPSET_TOO_NEW, one per domain. args: `domain`, `version`, `supported`, `tritonTag`, `onnxRuntime`.
 * TRITON_TYPE_UNSUPPORTED, one per input or output. args: `tensor`, `dataType` (null for sequences and other non-tensors).
 * TRITON_TAG_UNKNOWN: older than the table. args: `tritonTag`.
 * BATCHING_OFF. args: `tensor`, `reason`.
 * TRITON_OPTIONAL_INPUTS: weights that requests may replace. args: `count`.
 */
import { type Finding, type FindingCode, finding } from '../../base/findings.ts';
import { realInputs } from '../../onnx/value-info.ts';
import { isUpTo, opsetsBeyond } from '../../runtime/releases/onnx-runtime.ts';
import { type TritonRelease, tritonRelease } from '../../runtime/releases/triton.ts';
import { batchingBlocker } from '../../runtime/triton/batch-axis.ts';
import { tritonType } from '../../runtime/triton/types.ts';
import { missingKernels } from './cpu.ts';
import { KERNELS_OF, placeOnCpu, placeOnCuda } from './kernels/provider.ts';
import { type Target, type TargetContext, verdictOf } from './target.ts';

/** From this IR version on, initializers that are inputs too can be replaced by callers. */
const OVERRIDABLE_SINCE_IR = 4;

/** Findings of the checks that hold for every ONNX Runtime. */
const REFUSALS: readonly FindingCode[] = ['CUSTOM_DOMAIN', 'UNKNOWN_OPERATOR'];

export const triton: Target = {
  id: 'triton',
  judge(context: TargetContext) {
    const { checks, plan } = context;
    const release = tritonRelease(plan.tritonTag);
    const refusals = checks.filter(({ code }) => REFUSALS.includes(code));
    const placed = context.uses.map((use) => ({ use, placement: placementOf(use, plan.gpus) }));
    const findings = [
      ...refusals,
      ...(release === undefined
        ? [finding('TRITON_TAG_UNKNOWN', { tritonTag: plan.tritonTag })]
        : ceilings(context, release)),
      // Kernels are added from release to release and not taken away, so the table speaks for older ones too.
      ...(release !== undefined && isUpTo(release.onnxRuntime, KERNELS_OF)
        ? missingKernels('CPU_NO_KERNEL', placed)
        : []),
      ...borders(context),
    ];
    const isUnknown = release === undefined || placed.some(({ placement }) => placement.state === 'unknown');
    const verdict = refusals.length > 0 ? 'refused' : verdictOf(findings, false, isUnknown);
    return {
      version: `Triton ${plan.tritonTag}${release ? ` (ONNX Runtime ${release.onnxRuntime})` : ''}`,
      verdict,
      findings,
    };
  },
};

function placementOf(use: TargetContext['uses'][number], gpus: number) {
  const onCpu = placeOnCpu(use);
  if (gpus === 0 || onCpu.state !== 'missing') return onCpu;
  const onCuda = placeOnCuda(use);
  return onCuda.state === 'missing' ? onCpu : onCuda;
}

function ceilings({ facts, plan }: TargetContext, { onnxRuntime, runtime }: TritonRelease): Finding[] {
  const { tritonTag } = plan;
  const { irVersion, opsets } = facts;
  const { maxIrVersion } = runtime;
  const found = opsetsBeyond(runtime, opsets).map((excess) =>
    finding('TRITON_OPSET_TOO_NEW', { ...excess, tritonTag, onnxRuntime }, excess.domain),
  );
  return irVersion > maxIrVersion
    ? [finding('TRITON_IR_TOO_NEW', { irVersion, maxIrVersion, tritonTag, onnxRuntime }), ...found]
    : found;
}

/** What enters and leaves the server: types, the batch axis, optional inputs. */
function borders({ facts, model }: TargetContext): Finding[] {
  const { inputs, outputs, irVersion } = facts;
  const found = [...inputs, ...outputs].flatMap(({ name, dataType }) =>
    dataType !== null && tritonType(dataType) !== undefined
      ? []
      : [finding('TRITON_TYPE_UNSUPPORTED', { tensor: name, dataType }, name)],
  );
  const blocker = batchingBlocker(inputs, outputs);
  if (blocker !== null) found.push(finding('BATCHING_OFF', { ...blocker }, blocker.tensor));
  const { graph } = model.proto;
  const count = graph.input.length - realInputs(graph).length;
  if (count > 0 && irVersion >= OVERRIDABLE_SINCE_IR) found.push(finding('TRITON_OPTIONAL_INPUTS', { count }));
  return found;
}
