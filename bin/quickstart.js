#!/usr/bin/env node
/**
 * `npm run quickstart`: from the sample model to an answered request, with everything that lies between.
 * Writes below .nimify/quickstart only and keeps a catalog of its own there.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { askManyTimes } from './quickstart/ask.js';
import { drawAnswer } from './quickstart/picture.js';
import { startServer } from './quickstart/server.js';
import { build } from './setup/build.js';
import { install } from './setup/install.js';
import { SetupError } from './setup/report.js';

const ROOT = resolve(import.meta.dirname, '..');
const NIMIFY = join(ROOT, 'bin/nimify.js');
const SAMPLE = join(ROOT, 'test/fixtures/sample');
const WORK = join(ROOT, '.nimify/quickstart');
const SERVICE = join(WORK, 'digits');
const HOME = join(WORK, 'home');
const REQUESTS = 50;

/** As one would type it: relative to where one stands. */
const near = (path) => relative(process.cwd(), path) || '.';

async function main() {
  await install(ROOT);
  await build(ROOT);
  await createService();
  const answer = await serveAndAsk();
  console.log(`\n${drawAnswer(answer)}\n`);
  console.log(whatNext(answer.model));
}

/** The command's own report goes to the terminal as it is. */
async function createService() {
  const data = join(SAMPLE, 'digits.npz');
  await nimify('create', [join(SAMPLE, 'digits.onnx'), '--data', data, '-o', SERVICE, '--force']);
}

async function nimify(command, args) {
  console.log(`\n$ nimify ${[command, ...args.map((arg) => (arg.startsWith(ROOT) ? near(arg) : arg))].join(' ')}\n`);
  const child = spawn(process.execPath, [NIMIFY, command, ...args], { stdio: 'inherit', env: environment() });
  const [code, signal] = await once(child, 'close');
  if (code !== 0)
    throw new SetupError(
      `nimify ${command} ended with ${signal ?? `exit code ${code}`}.`,
      'Its own words are above.',
      code || 1,
    );
}

function environment() {
  return { ...process.env, NIMIFY_HOME: HOME };
}

async function serveAndAsk() {
  const args = [NIMIFY, 'serve', SERVICE, '--port', '0', '--metrics-port', '0', '--json'];
  console.log(`\n$ nimify serve ${near(SERVICE)} --port 0 --metrics-port 0`);
  const server = await startServer(process.execPath, args, environment());
  try {
    const request = readFileSync(join(SAMPLE, 'request.json'), 'utf8');
    const model = server.facts.models[0].name;
    const url = `${server.facts.httpUrl.replace(/\/$/, '')}/v2/models/${model}/infer`;
    console.log(`$ curl -d @${near(join(SAMPLE, 'request.json'))} ${url}`);
    const { response, medianMs } = await askManyTimes(url, request, REQUESTS);
    const pixels = JSON.parse(request).inputs[0].data;
    return { model, pixels, probabilities: response.outputs[0].data, medianMs, requests: REQUESTS };
  } finally {
    await server.stop();
  }
}

function whatNext(model) {
  const service = near(SERVICE);
  const command = `node ${near(NIMIFY)}`;
  return `The service folder is ${service}: model, Triton configuration, and everything to deploy and watch it.
Next:
  ${command} validate ${service}
  ${command} serve ${service}
  curl -d @${near(join(SAMPLE, 'request.json'))} http://127.0.0.1:8000/v2/models/${model}/infer
  NIMIFY_HOME=${near(HOME)} ${command} catalog list
  ${command} create YOUR_MODEL.onnx --data YOUR_DATA.npz`;
}

try {
  await main();
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`\nquickstart: ${error.message}\n${error.hint}`);
  process.exitCode = error.exitCode;
}
