/** Sends one inference request again and again. */
import { SetupError } from '../setup/report.js';

/** @returns the last response, and the median time from sending to the parsed answer; the first request does not count */
export async function askManyTimes(url, body, count) {
  let response = await ask(url, body);
  const durationsMs = [];
  for (let i = 0; i < count; i += 1) {
    const start = performance.now();
    response = await ask(url, body);
    durationsMs.push(performance.now() - start);
  }
  durationsMs.sort((a, b) => a - b);
  return { response, medianMs: durationsMs[Math.floor(count / 2)] };
}

async function ask(url, body) {
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  if (answer.ok) return answer.json();
  throw new SetupError(
    `POST ${url} was answered with ${answer.status}: ${await answer.text()}`,
    'Please report this.',
    1,
  );
}
