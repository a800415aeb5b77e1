/** The table of candidates: what each one costs and brings, and why one was chosen. */
import { formatBytes, formatRatio } from '../../base/units.ts';
import type { Candidate } from '../../pipeline/requests.ts';
import { type Cell, type Column, prose, table, title } from '../layout.ts';
import type { Style } from '../style.ts';
import { formatAgreement, formatSpeedup, formatSqnr, NOTHING, worstAgreement, worstOutput } from './figures.ts';

/** The candidate that everything is measured against. */
const ORIGINAL = 'original';

const COLUMNS: readonly Column[] = [
  { title: '' },
  { title: 'Candidate' },
  { title: 'Size', align: 'right' },
  { title: 'Ratio', align: 'right' },
  { title: 'Speedup', align: 'right' },
  { title: 'SQNR', align: 'right' },
  { title: 'Top-1', align: 'right' },
  { title: 'Verdict' },
];

export function candidateTable(style: Style, candidates: readonly Candidate[], chosen: string): string[] {
  const hasLabels = candidates.some(({ evaluation }) => evaluation?.accuracy);
  const columns = hasLabels ? COLUMNS.toSpliced(7, 0, { title: 'Accuracy', align: 'right' }) : COLUMNS;
  const rows = candidates.map((candidate) => {
    const row = candidateRow(candidate, candidate.id === chosen);
    return hasLabels ? row.toSpliced(7, 0, accuracyOf(candidate, candidates)) : row;
  });
  return [title(style, 'Candidates'), ...table(style, columns, rows), ...notes(style, candidates)];
}

function candidateRow(candidate: Candidate, isChosen: boolean): Cell[] {
  const { id, sizeBytes, evaluation } = candidate;
  const isOriginal = id === ORIGINAL;
  const worst = evaluation && worstOutput(evaluation.outputs);
  return [
    isChosen ? { text: '●', tone: 'green' } : '',
    isChosen ? { text: id, tone: 'bold' } : id,
    sizeBytes === undefined ? NOTHING : formatBytes(sizeBytes),
    evaluation === undefined ? (isOriginal ? '100 %' : NOTHING) : formatRatio(evaluation.size.ratio, 0),
    evaluation === undefined ? (isOriginal ? formatSpeedup(1) : NOTHING) : formatSpeedup(evaluation.latency.speedup),
    worst === undefined ? NOTHING : formatSqnr(worst),
    evaluation === undefined ? NOTHING : formatAgreement(worstAgreement(evaluation.outputs)),
    verdict(candidate, isChosen),
  ];
}

function verdict({ id, status, isWithinBudget }: Candidate, isChosen: boolean): Cell {
  if (isChosen) return { text: 'chosen', tone: 'green' };
  if (status === 'skipped') return { text: 'skipped', tone: 'dim' };
  if (status === 'failed') return { text: 'failed', tone: 'red' };
  if (id === ORIGINAL) return '';
  return isWithinBudget === false ? { text: 'rejected', tone: 'yellow' } : 'passed';
}

/** The accuracy of the original is measured together with each candidate. */
function accuracyOf({ id, evaluation }: Candidate, all: readonly Candidate[]): Cell {
  if (id !== ORIGINAL) return formatAgreement(evaluation?.accuracy?.candidate ?? null);
  const known = all.find((other) => other.evaluation?.accuracy)?.evaluation?.accuracy;
  return formatAgreement(known?.original ?? null);
}

function notes(style: Style, candidates: readonly Candidate[]): string[] {
  return candidates.flatMap(({ id, reason }) => (reason === undefined ? [] : prose(style, `${id}: ${reason}`, 'dim')));
}
