/**
 * The CUDA execution provider of ONNX Runtime. What it has no kernel for runs on the CPU, with copies in between.
 *
 * CUDA_FALLBACK, one per operator and reason. args: `operator`, `opset`, `reason` (`operator`, `version`, `type` or
 * `attribute`), `dataType` and `slot`, or `attribute`, `count`, `nodes`.
 * CUDA_COPIES: what the fallbacks cost. args: `toHost`, `toDevice` (tensors, at most), `count` of nodes on the CPU.
 * CUDA_NO_KERNEL: neither CUDA nor the CPU. args as CPU_NO_KERNEL.
 * CUDA_QUANTIZATION: 8-bit activations, which CUDA has no convolution and no product for. args: `quantize`,
 * `dequantize` (nodes).
 */
import { type Finding, finding } from '../../../base/findings.ts';
import { missingKernels, reasonOf } from '../cpu.ts';
import { Groups } from '../groups.ts';
import { KERNELS_OF, type Placement, placeOnCpu, placeOnCuda } from '../kernels/provider.ts';
import type { OperatorUse } from '../operator-use.ts';
import { type Target, type TargetContext, verdictOf } from '../target.ts';
import { countCopies, type Side } from './copies.ts';
import { foldedUses } from './folding.ts';

interface PlacedUse {
  readonly use: OperatorUse;
  readonly side: Side;
  readonly onCuda: Placement;
  readonly onCpu: Placement;
}

export const cuda: Target = {
  id: 'cuda',
  judge({ uses, checks }: TargetContext) {
    const placed = placeAll(uses);
    const fallbacks = fallbacksOf(placed);
    const missing = placed.filter(({ onCuda, onCpu }) => onCuda.state === 'missing' && onCpu.state === 'missing');
    const findings = [
      ...checks.filter(({ code }) => ['IR_TOO_NEW', 'OPSET_TOO_NEW', 'CUSTOM_DOMAIN'].includes(code)),
      ...missingKernels(
        'CUDA_NO_KERNEL',
        missing.map(({ use, onCpu }) => ({ use, placement: onCpu })),
      ),
      ...fallbacks,
      ...copiesOf(placed),
      ...quantizationOf(uses),
    ];
    const isUnknown = placed.some(({ onCuda }) => onCuda.state === 'unknown');
    return {
      version: `ONNX Runtime ${KERNELS_OF}`,
      verdict: verdictOf(findings, fallbacks.length > 0, isUnknown),
      findings,
    };
  },
};

function placeAll(uses: readonly OperatorUse[]): PlacedUse[] {
  const folded = foldedUses(uses);
  return uses.map((use, index) => {
    const onCuda = placeOnCuda(use);
    const side = folded[index] ? 'folded' : onCuda.state === 'missing' ? 'cpu' : 'cuda';
    return { use, side, onCuda, onCpu: placeOnCpu(use) };
  });
}

function fallbacksOf(placed: readonly PlacedUse[]): Finding[] {
  const groups = new Groups();
  for (const { use, side, onCuda, onCpu } of placed) {
    if (side === 'folded' || onCuda.state !== 'missing' || onCpu.state === 'missing') continue;
    groups.add('CUDA_FALLBACK', use, reasonOf(use, onCuda.answer));
  }
  return groups.findings;
}

function copiesOf(placed: readonly PlacedUse[]): Finding[] {
  const count = placed.filter(({ side }) => side === 'cpu').length;
  if (count === 0 || count === placed.length) return [];
  const copies = countCopies(placed);
  return copies.toHost + copies.toDevice === 0 ? [] : [finding('CUDA_COPIES', { ...copies, count })];
}

function quantizationOf(uses: readonly OperatorUse[]): Finding[] {
  const count = (name: string): number => uses.filter(({ node }) => node.opType === name).length;
  const quantize = count('QuantizeLinear');
  const dequantize = count('DequantizeLinear');
  return quantize === 0 ? [] : [finding('CUDA_QUANTIZATION', { quantize, dequantize })];
}
