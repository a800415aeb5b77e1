/** The top of the page: which model this is, its key figures, and how sure they are. */
import type { Analysis } from '../../analysis/facts.ts';
import { formatBytes, formatCount } from '../../base/units.ts';
import { targetLine } from './compatibility.ts';
import { contents, type Section } from './document.ts';
import { type Html, html, name } from './markup.ts';
import type { PageFacts } from './page.ts';

interface Figure {
  readonly label: string;
  readonly value: string;
  readonly note: string;
  /** Key in the table of certainty; absent for what was counted. */
  readonly certainty?: string;
}

export function header({ analysis }: PageFacts, sections: readonly Section[]): Html {
  const folder = folderName(analysis.model.path);
  return html`<header class="top">
<p class="brand">nimify analyze</p>
<h1>${folder !== '' && html`<span class="folder">${name(folder)}/</span>`}${name(fileName(analysis.model.path))}</h1>
<p class="lead">${leadParts(analysis).map((part) => html`<span>${part}</span> `)}</p>
<dl class="figures">${figuresOf(analysis).map((figure) => tile(figure, analysis))}</dl>
${assumptions(analysis)}
${targetLine(analysis.compatibility)}
${contents(sections)}
</header>
`;
}

export function fileName(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path;
}

/** Many files are called model.onnx; the rest of the path is nobody's business. */
function folderName(path: string): string {
  return path.split(/[\\/]/).at(-2) ?? '';
}

function leadParts({ model, irVersion, opsets, producer, isQuantized, externalFiles }: Analysis): string[] {
  const domains = Object.entries(opsets).map(([domain, version]) => `${domain} ${version}`);
  const maker = [producer.name, producer.version].filter((part) => part !== '').join(' ');
  const external = externalFiles.reduce((sum, file) => sum + file.sizeBytes, 0);
  return [
    `${formatBytes(model.sizeBytes)}${external > 0 ? ` + ${formatBytes(external)} of external data` : ''}`,
    `IR ${irVersion}`,
    `opset ${domains.join(', ')}`,
    ...(maker === '' ? [] : [`by ${maker}`]),
    ...(isQuantized ? ['quantized'] : []),
    ...(model.sha256 ? [`sha256 ${model.sha256.slice(0, 16)}…`] : []),
  ];
}

function figuresOf(analysis: Analysis): Figure[] {
  const { costs, parameterCount, weightBytes, weightBytesByType, nodeCount, operators, subgraphCount } = analysis;
  const types = Object.keys(weightBytesByType);
  const kinds = Object.keys(operators).length;
  const figures: Figure[] = [
    {
      label: 'Parameters',
      value: formatCount(parameterCount),
      note: `${formatBytes(weightBytes)}${types.length > 0 ? ` of ${types.slice(0, 2).join(' and ')}${types.length > 2 ? ' …' : ''}` : ''}`,
      certainty: 'parameterCount',
    },
    {
      label: 'Compute',
      value: costs?.macs == null ? '–' : formatCount(costs.macs),
      note: computeNote(analysis),
      certainty: 'macs',
    },
    {
      label: 'Peak activations',
      value: costs?.peakActivationBytes == null ? '–' : formatBytes(costs.peakActivationBytes),
      note: activationNote(analysis),
      certainty: 'peakActivationBytes',
    },
    {
      label: 'Nodes',
      value: formatCount(nodeCount),
      note: `${kinds} ${kinds === 1 ? 'operator' : 'operators'}${subgraphCount > 0 ? `, ${subgraphCount} subgraphs` : ''}`,
    },
  ];
  if (costs?.arithmeticIntensity != null) {
    figures.push({
      label: 'Intensity',
      value: costs.arithmeticIntensity.toPrecision(3),
      note: 'FLOP per byte moved',
      certainty: 'arithmeticIntensity',
    });
  }
  if (costs?.kvCache != null) {
    const { bytesPerToken, layers, heads, headSize } = costs.kvCache;
    figures.push({
      label: 'KV cache',
      value: formatBytes(bytesPerToken),
      note: `per token: ${layers} layers × ${heads} heads × ${headSize}`,
      certainty: 'kvCache',
    });
  }
  return figures;
}

function computeNote({ costs }: Analysis): string {
  if (costs?.macs == null) return missing(costs, 'macs');
  return costs.flops === null ? 'MACs per run' : `MACs per run, ${formatCount(costs.flops)}FLOP`;
}

function activationNote({ costs }: Analysis): string {
  if (costs?.peakActivationBytes == null) return missing(costs, 'peakActivationBytes');
  if (costs.activationBytes === null) return 'largest sum that lives at once';
  return `of ${formatBytes(costs.activationBytes)} in all`;
}

/** Why a figure is not there; what the user can do about it is a flag. */
function missing(costs: Analysis['costs'], figure: string): string {
  const reason = costs?.certainty[figure]?.replace(/^not known: /, '') ?? 'shapes are not known';
  const dims = reason.startsWith('bind ') ? reason.slice('bind '.length).split(', ') : [];
  return dims.length === 0 ? reason : `give sizes: --bind ${dims.map((dim) => `${dim}=…`).join(',')}`;
}

/** `exact`, or why it is not: a word on the tile, the reason where a pointer asks for it and in the list below. */
function tile({ label, value, note, certainty }: Figure, { costs }: Analysis): Html {
  const reason = certainty === undefined ? undefined : costs?.certainty[certainty];
  const word = reason === undefined ? undefined : reason === 'exact' ? 'exact' : value === '–' ? undefined : 'estimate';
  return html`<div class="figure"><dt>${label}${word !== undefined && html` <span class="tag ${word}" title="${reason}">${word}</span>`}</dt><dd><strong>${value}</strong><span>${note}</span></dd></div>`;
}

function assumptions({ costs }: Analysis): Html | undefined {
  if (costs === null) return undefined;
  const sizes = Object.entries(costs.bindings);
  const inexact = Object.entries(costs.certainty).filter(([, reason]) => reason !== 'exact');
  if (sizes.length === 0 && inexact.length === 0) return undefined;
  return html`<details class="certainty"><summary>What these figures rest on</summary><ul>${sizes.map(([dim, size]) => html`<li>${name(dim)} = ${size}${costs.assumed.includes(dim) ? ', assumed; give another size with --bind' : ', as given'}</li>`)}${inexact.map(([figure, reason]) => html`<li>${words(figure)}: ${reason}</li>`)}</ul></details>`;
}

/** `peakActivationBytes` → `peak activation bytes`. */
function words(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
