/** Progress as lines that stay: for logs, pipes and continuous integration. */
import type { Clock } from '../../base/clock.ts';
import type { ProgressEvent } from '../../base/events.ts';
import { formatMs } from '../../base/units.ts';
import type { Screen } from '../io.ts';
import { paint, type Style } from '../style.ts';
import { safeText } from '../text.ts';
import { howFar, type ProgressRenderer } from './renderer.ts';

/** A step that takes long says how far it is, this often at most. */
const INTERVAL_MS = 10_000;

export function openPlain(screen: Screen, clock: Clock): ProgressRenderer {
  const titles = new Map<string, string>();
  let last: Promise<void> = Promise.resolve();
  let toldAtMs = clock.monotonicMs();
  return {
    emit: (event) => {
      if (event.type === 'plan') for (const { id, title } of event.steps) titles.set(id, title);
      if (event.type === 'step-started') toldAtMs = clock.monotonicMs();
      if (event.type === 'step-progress') {
        if (clock.monotonicMs() - toldAtMs < INTERVAL_MS) return;
        toldAtMs = clock.monotonicMs();
      }
      const title = 'step' in event ? (titles.get(event.step) ?? event.step) : '';
      const text = line(screen.style, event, safeText(title));
      if (text !== undefined) last = screen.write(`${text}\n`);
    },
    close: () => last,
  };
}

function line(style: Style, event: ProgressEvent, title: string): string | undefined {
  switch (event.type) {
    case 'step-progress':
      return `${paint(style, 'cyan', '·')} ${title}  ${paint(style, 'dim', howFar(event))}`;
    case 'step-finished': {
      const summary = event.summary === undefined ? '' : `  ${safeText(event.summary)}`;
      return `${paint(style, 'green', '✓')} ${title}${summary}  ${paint(style, 'dim', formatMs(event.durationMs))}`;
    }
    case 'step-skipped':
      return `${paint(style, 'dim', '–')} ${title}  ${paint(style, 'dim', `skipped: ${safeText(event.reason)}`)}`;
    case 'step-failed':
      return `${paint(style, 'red', '✗')} ${title}  ${event.code}`;
    case 'notice':
      return `${paint(style, event.level === 'warning' ? 'yellow' : 'cyan', '▲')} ${safeText(event.message)}`;
    default:
      return undefined;
  }
}
