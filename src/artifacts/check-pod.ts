/** Judges the container of the server in a manifest: image, ports, probes, resources and rights. */
import { EXIT_TIMEOUT_SECONDS, startupSeconds } from './capacity.ts';
import { PROBE_PATHS } from './kubernetes.ts';
import { imageReference } from './layout.ts';
import { at, listAt } from './problems.ts';
import type { ServiceFacts } from './service-facts.ts';
import type { YamlFile } from './yaml-file.ts';

type Path = readonly (string | number)[];

/** @param pod path of the pod specification; the server is its first container */
export function checkPod(file: YamlFile, pod: Path, facts: ServiceFacts): void {
  const container = [...pod, 'containers', 0];
  const { httpPort, grpcPort, metricsPort, gpus } = facts.serving;
  file.expect([...container, 'image'], imageReference(facts), 'image');
  const ports = listAt(file.value, ...container, 'ports').map((port) => at(port, 'containerPort'));
  for (const port of [httpPort, grpcPort, metricsPort]) {
    if (!ports.includes(port)) file.invalid([...container, 'ports'], `does not open port ${port} of the server`);
  }
  for (const [probe, path] of Object.entries(PROBE_PATHS))
    file.expect([...container, probe, 'httpGet', 'path'], path, probe);
  const startup = [...container, 'startupProbe'];
  if (file.at(...startup) !== undefined) checkStartup(file, startup, facts);
  const found = Number(file.at(...container, 'resources', 'limits', 'nvidia.com/gpu') ?? 0);
  if (found !== gpus)
    file.expect([...container, 'resources', 'limits', 'nvidia.com/gpu'], gpus > 0 ? String(gpus) : null);
  checkRights(file, pod, container);
  checkGrace(file, pod, container);
}

/** The budget of the startup probe against the time that loading is expected to take. */
export function checkStartup(file: YamlFile, probe: Path, facts: ServiceFacts): void {
  const needed = startupSeconds(facts);
  const budget = Number(file.at(...probe, 'periodSeconds') ?? 10) * Number(file.at(...probe, 'failureThreshold') ?? 3);
  if (budget < needed) {
    file.invalid([...probe, 'failureThreshold'], `gives ${budget} s to start, where loading may take ${needed} s`);
  }
}

function checkRights(file: YamlFile, pod: Path, container: Path): void {
  const context = [...container, 'securityContext'];
  file.expect([...pod, 'securityContext', 'runAsNonRoot'], true);
  file.expect([...context, 'allowPrivilegeEscalation'], false);
  file.expect([...context, 'readOnlyRootFilesystem'], true);
  file.expect([...context, 'capabilities', 'drop'], ['ALL']);
}

function checkGrace(file: YamlFile, pod: Path, container: Path): void {
  const command = listAt(file.value, ...container, 'lifecycle', 'preStop', 'exec', 'command');
  const preStop = Number(command[1] ?? 0);
  const path = [...pod, 'terminationGracePeriodSeconds'];
  const grace = Number(file.at(...path) ?? 30);
  if (grace <= preStop + EXIT_TIMEOUT_SECONDS) {
    file.invalid(
      path,
      `has a terminationGracePeriodSeconds of ${grace}, which is not above preStop ${preStop} + ${EXIT_TIMEOUT_SECONDS}`,
    );
  }
}
