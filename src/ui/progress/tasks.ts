/** Progress as a list of tasks that moves, by listr2: one promise per planned step, settled by the events. */
import type { Listr, DefaultRenderer as Listr2Renderer, ListrTask, ListrTaskWrapper } from 'listr2';
import type { Clock } from '../../base/clock.ts';
import type { PlannedStep, ProgressEvent } from '../../base/events.ts';
import { formatMs } from '../../base/units.ts';
import type { Screen } from '../io.ts';
import { forStream, paint, type Style, type Tone } from '../style.ts';
import { safeText, truncate, widthOf } from '../text.ts';
import { howFar, type ProgressRenderer, type StepProgress } from './renderer.ts';

type StepEvent = Extract<ProgressEvent, { readonly step: string }>;
type Wrapper = Pick<ListrTaskWrapper<unknown, never, never>, 'title' | 'skip'>;

/** Titles change more often than an eye can follow. */
const REFRESH_MS = 80;
const BAR_CELLS = 16;
/** Indentation, symbol and the space behind it. */
const SIGN_CELLS = 4;

/** Ends the list after a failed step; what went wrong is told by the error text below it. */
const STOPPED = new Error('stopped');

export async function openTasks(screen: Screen, clock: Clock): Promise<ProgressRenderer> {
  const library = await import('listr2');
  const steps = new Map<string, Step>();
  const notices: string[] = [];
  let running: Promise<unknown> = Promise.resolve();
  return {
    emit: (event) => {
      if (event.type === 'plan') {
        for (const planned of event.steps) steps.set(planned.id, new Step(planned, screen.style, clock));
        running = listOf(library, screen, [...steps.values()])
          .run()
          .catch(() => {});
      } else if (event.type === 'notice') {
        notices.push(
          `${paint(screen.style, event.level === 'warning' ? 'yellow' : 'cyan', '▲')} ${safeText(event.message)}\n`,
        );
      } else {
        steps.get(event.step)?.receive(event);
      }
    },
    close: async () => {
      for (const step of steps.values()) step.end();
      await running;
      await screen.write(notices.splice(0).join(''));
    },
  };
}

/** One line of the list. The list walks the steps in order, so a step may be over before its line is reached. */
class Step {
  readonly id: string;
  readonly #title: string;
  readonly #style: Style;
  readonly #clock: Clock;
  readonly #over = deferred();
  #wrapper: Wrapper | undefined;
  #state: 'open' | 'done' | 'skipped' | 'failed' | 'unreached' = 'open';
  #note = '';
  #drawnAtMs = Number.NEGATIVE_INFINITY;

  constructor(planned: PlannedStep, style: Style, clock: Clock) {
    this.id = planned.id;
    this.#title = safeText(planned.title);
    this.#style = style;
    this.#clock = clock;
  }

  get title(): string {
    const room = this.#style.columns - SIGN_CELLS;
    const title = truncate(this.#title, room);
    const left = room - widthOf(title) - 2;
    const note = left < 4 || this.#note === '' ? '' : `  ${paint(this.#style, 'dim', truncate(this.#note, left))}`;
    return forStream(this.#style, title + note);
  }

  /** Called by the list when it reaches this line. */
  async follow(wrapper: Wrapper): Promise<void> {
    this.#wrapper = wrapper;
    wrapper.title = this.title;
    await this.#over.promise;
    wrapper.title = this.title;
    if (this.#state === 'skipped' || this.#state === 'unreached') wrapper.skip(this.title);
    if (this.#state === 'failed') throw STOPPED;
  }

  receive(event: StepEvent): void {
    switch (event.type) {
      case 'step-started':
        this.#draw('', true);
        break;
      case 'step-progress':
        this.#draw(progressNote(event), event.done === event.total);
        break;
      case 'step-finished':
        this.#settle('done', [event.summary, formatMs(event.durationMs)].filter(Boolean).join(' · '));
        break;
      case 'step-skipped':
        this.#settle('skipped', `skipped: ${event.reason}`);
        break;
      case 'step-failed':
        this.#settle('failed', event.code);
    }
  }

  /** The work is over, whether this step was reached or not. */
  end(): void {
    if (this.#state === 'open') this.#settle('unreached', '');
  }

  #settle(state: 'done' | 'skipped' | 'failed' | 'unreached', note: string): void {
    this.#state = state;
    this.#draw(safeText(note), true);
    this.#over.resolve();
  }

  #draw(note: string, isLast: boolean): void {
    this.#note = note;
    if (!isLast && this.#clock.monotonicMs() - this.#drawnAtMs < REFRESH_MS) return;
    this.#drawnAtMs = this.#clock.monotonicMs();
    if (this.#wrapper !== undefined) this.#wrapper.title = this.title;
  }
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

function progressNote(event: StepProgress): string {
  const { done, total } = event;
  const text = howFar(event);
  if (total === null || total <= 0) return text;
  const filled = Math.round((Math.min(done, total) / total) * BAR_CELLS);
  return `${'━'.repeat(filled)}${'─'.repeat(BAR_CELLS - filled)} ${text}`;
}

function listOf(library: typeof import('listr2'), screen: Screen, steps: readonly Step[]): Listr {
  const { style, stream } = screen;
  /** The library asks standard output whether it is a terminal; nimify has asked the right stream already. */
  class OnErrorStream extends library.DefaultRenderer {
    static override nonTTY = true;
  }
  class AsciiSpinner extends library.Spinner {
    protected override spinner = ['|', '/', '-', '\\'];
  }
  const tasks = steps.map(
    (step): ListrTask => ({ title: step.title, task: (_, wrapper) => step.follow(wrapper as unknown as Wrapper) }),
  );
  const output = new library.ProcessOutput(stream as NodeJS.WriteStream, stream as NodeJS.WriteStream);
  return new library.Listr(tasks, {
    concurrent: false,
    exitOnError: true,
    registerSignalListeners: false,
    renderer: OnErrorStream as unknown as typeof Listr2Renderer,
    rendererOptions: {
      logger: new library.ListrLogger({ useIcons: true, processOutput: output }),
      showErrorMessage: false,
      formatOutput: 'truncate',
      ...(style.hasUnicode ? {} : { spinner: new AsciiSpinner() }),
      ...look(style),
    },
  }) as unknown as Listr;
}

const LOOK: readonly (readonly [string, string, Tone])[] = [
  ['COMPLETED', '✓', 'green'],
  ['FAILED', '✗', 'red'],
  ['SKIPPED_WITH_COLLAPSE', '–', 'dim'],
  ['SKIPPED_WITHOUT_COLLAPSE', '–', 'dim'],
  ['PENDING', '→', 'cyan'],
  ['WAITING', ' ', 'dim'],
  ['COMPLETED_WITH_SISTER_TASKS_FAILED', ' ', 'dim'],
];

function look(style: Style): {
  readonly icon: Record<string, string>;
  readonly color: Record<string, (text?: string) => string>;
} {
  return {
    icon: Object.fromEntries(LOOK.map(([state, sign]) => [state, forStream(style, sign)])),
    color: Object.fromEntries(LOOK.map(([state, , tone]) => [state, (text = '') => paint(style, tone, text)])),
  };
}
