/** What `nimify analyze` prints for people. */

import type { Compatibility, Verdict } from '../../analysis/compatibility/facts.ts';
import type { Analysis } from '../../analysis/facts.ts';
import { type Finding, SEVERITIES } from '../../base/findings.ts';
import { formatBytes, formatCount } from '../../base/units.ts';
import type { TensorInfo } from '../../onnx/value-info.ts';
import { findingList, findingSentence } from '../findings.ts';
import { type Column, facts, headline, page, prose, table, title } from '../layout.ts';
import type { Style, Tone } from '../style.ts';
import { costFacts, deviceTable, nodeTable, operatorTable } from './costs.ts';
import { deepBlock } from './deep.ts';
import { formatShape, shortDigest } from './figures.ts';

/** @param written the page of --html */
export function analyzeReport(
  style: Style,
  analysis: Analysis,
  findings: readonly Finding[],
  written?: { readonly path: string; readonly sizeBytes: number },
): string {
  const { model, costs } = analysis;
  return page(
    headline(style, model.path),
    facts(style, [
      ['Size', sizeText(model)],
      ['External', externalText(analysis)],
      ['Format', formatText(analysis)],
      ['Weights', weightText(analysis)],
      ...costFacts(costs),
      ['Nodes', nodeText(analysis)],
      ['Report', written === undefined ? undefined : `${written.path} · ${formatBytes(written.sizeBytes)}`],
    ]),
    tensorTable(style, 'Inputs', analysis.inputs),
    tensorTable(style, 'Outputs', analysis.outputs),
    operatorTable(style, costs, analysis.operators),
    nodeTable(style, costs),
    deviceTable(style, costs),
    targets(style, analysis),
    deepBlock(style, analysis.deep),
    findingList(style, findings),
  );
}

function sizeText({ sizeBytes, sha256 }: Analysis['model']): string {
  return sha256 === null ? formatBytes(sizeBytes) : `${formatBytes(sizeBytes)} · sha256 ${shortDigest(sha256)}`;
}

function externalText({ externalFiles }: Analysis): string | undefined {
  if (externalFiles.length === 0) return undefined;
  const bytes = externalFiles.reduce((sum, file) => sum + file.sizeBytes, 0);
  const names = externalFiles.slice(0, 3).map((file) => file.location);
  const more = externalFiles.length > 3 ? ` and ${externalFiles.length - 3} more` : '';
  return `${formatBytes(bytes)} in ${names.join(', ')}${more}`;
}

function formatText({ irVersion, opsets, producer, isQuantized }: Analysis): string {
  const domains = Object.entries(opsets).map(([domain, version]) => `${domain} ${version}`);
  const maker = [producer.name, producer.version].filter((part) => part !== '').join(' ');
  return [`IR ${irVersion}`, `opset ${domains.join(', ')}`, maker && `by ${maker}`, isQuantized && 'quantized']
    .filter(Boolean)
    .join(' · ');
}

function weightText({ parameterCount, weightBytes, weightBytesByType }: Analysis): string {
  if (parameterCount === 0) return 'none';
  const types = Object.entries(weightBytesByType).sort(([, a], [, b]) => b - a);
  const byType =
    types.length === 1
      ? ` ${types[0]?.[0]}`
      : ` (${types.map(([type, bytes]) => `${type} ${formatBytes(bytes)}`).join(', ')})`;
  return `${formatCount(parameterCount)} parameters · ${formatBytes(weightBytes)}${types.length === 0 ? '' : byType}`;
}

function nodeText({ nodeCount, subgraphCount, functionCount }: Analysis): string {
  return [
    String(nodeCount),
    subgraphCount > 0 && `${subgraphCount} subgraphs`,
    functionCount > 0 && `${functionCount} functions`,
  ]
    .filter(Boolean)
    .join(' · ');
}

/** Decoders have two inputs and outputs for each layer. */
const SHOWN_TENSORS = 12;

function tensorTable(style: Style, name: string, tensors: readonly TensorInfo[]): string[] {
  if (tensors.length === 0) return [];
  const shown = tensors.length > SHOWN_TENSORS ? tensors.slice(0, SHOWN_TENSORS / 2) : tensors;
  const more = tensors.length - shown.length;
  const rows = shown.map((tensor) => [
    tensor.name,
    { text: tensor.dataType ?? 'not a tensor', tone: 'cyan' as const },
    formatShape(tensor.shape),
  ]);
  return [
    title(style, name),
    ...table(style, [{ title: '', shrink: 'cut' }, { title: '' }, { title: '', shrink: 'wrap' }], rows),
    ...(more === 0 ? [] : prose(style, `and ${more} more; --json lists all`, 'dim')),
  ];
}

const VERDICT_TONES: Readonly<Record<Verdict, Tone>> = {
  runs: 'green',
  partly: 'yellow',
  refused: 'red',
  unknown: 'dim',
};

const TARGET_COLUMNS: readonly Column[] = [{ title: '' }, { title: '' }, { title: '' }, { title: '', shrink: 'wrap' }];

/** One line per target: the verdict and the gravest finding; --target tells the rest. */
function targets(style: Style, { compatibility }: Analysis): string[] {
  if (compatibility.length === 0) return [];
  const rows = compatibility.map((entry) => [
    entry.target,
    { text: entry.verdict, tone: VERDICT_TONES[entry.verdict] },
    entry.version,
    mainReason(entry),
  ]);
  return [title(style, 'Targets'), ...table(style, TARGET_COLUMNS, rows)];
}

/** Remarks are no reason. */
function mainReason({ verdict, findings }: Compatibility): string {
  const [gravest] = findings
    .filter(({ severity }) => severity !== 'info')
    .sort((a, b) => SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity));
  if (gravest !== undefined) return findingSentence(gravest);
  return verdict === 'unknown' ? 'types of some tensors are not known' : '';
}
