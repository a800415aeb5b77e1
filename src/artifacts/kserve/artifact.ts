/**
 * kserve/: an InferenceService. The image of the service carries the model (oci://, its /models folder is what the
 * Triton runtime of KServe mounts), so one digest stands for both ways of deployment.
 */
import type { Artifact } from '../artifact.ts';
import { checkStartup } from '../check-pod.ts';
import { chartValues, containerResources } from '../helm/values.ts';
import { type Manifest, metadata, PROBE_PATHS } from '../kubernetes.ts';
import { imageReference } from '../layout.ts';
import { printYaml } from '../print.ts';
import { Problems } from '../problems.ts';
import { serverFlags } from '../server-flags.ts';
import type { ServiceFacts } from '../service-facts.ts';
import { YamlFile } from '../yaml-file.ts';

const KSERVE_FILE = 'kserve/inferenceservice.yaml';
const PREDICTOR = ['spec', 'predictor'] as const;
const MODEL = [...PREDICTOR, 'model'] as const;

export const artifact: Artifact = {
  async generate(facts) {
    return [{ path: KSERVE_FILE, content: printYaml(inferenceService(facts), COMMENT) }];
  },

  async check(files, facts) {
    const problems = new Problems('kserve', files);
    const file = YamlFile.read(KSERVE_FILE, problems);
    if (file !== undefined) check(file, facts);
    return problems.findings;
  },
};

const COMMENT = `Push the image first, then: kubectl apply -f ${KSERVE_FILE}
Needs KServe with model cars (enableModelcar) and its runtime kserve-tritonserver.
A canary: raise canaryTrafficPercent of the predictor after changing storageUri; KServe keeps the former revision.`;

function inferenceService(facts: ServiceFacts): Manifest {
  const values = chartValues(facts);
  const { replicas, tritonTag } = facts.serving;
  return {
    apiVersion: 'serving.kserve.io/v1beta1',
    kind: 'InferenceService',
    metadata: metadata(facts, { annotations: { 'nimify.dev/model-sha256': facts.model.sha256 } }),
    spec: {
      predictor: {
        minReplicas: replicas,
        maxReplicas: values.autoscaling.maxReplicas,
        timeout: Math.max(60, Math.ceil(facts.slo.latencyMs / 1000) * 10),
        automountServiceAccountToken: false,
        terminationGracePeriodSeconds: values.terminationGracePeriodSeconds,
        ...(values.tolerations.length > 0 ? { tolerations: values.tolerations } : {}),
        model: {
          modelFormat: { name: 'triton' },
          protocolVersion: 'v2',
          runtime: 'kserve-tritonserver',
          runtimeVersion: `${tritonTag}-py3`,
          storageUri: `oci://${imageReference(facts)}`,
          args: runtimeFlags(facts),
          resources: containerResources(values),
          startupProbe: {
            httpGet: { path: PROBE_PATHS.startupProbe, port: 8080 },
            ...values.probes.startup,
            timeoutSeconds: 5,
          },
        },
      },
    },
  };
}

/** Ports and the model repository belong to the runtime. */
function runtimeFlags(facts: ServiceFacts): string[] {
  return serverFlags(facts).filter((flag) => !/^--(?:model-repository|(?:http|grpc|metrics)-port)=/.test(flag));
}

function check(file: YamlFile, facts: ServiceFacts): void {
  file.expect(['apiVersion'], 'serving.kserve.io/v1beta1');
  file.expect(['kind'], 'InferenceService');
  file.expect([...MODEL, 'protocolVersion'], 'v2', 'protocolVersion');
  file.expect([...MODEL, 'runtimeVersion'], `${facts.serving.tritonTag}-py3`, 'runtimeVersion');
  const uri = file.at(...MODEL, 'storageUri');
  if (typeof uri !== 'string' || !uri.startsWith('oci://') || !uri.includes(facts.name)) {
    file.invalid(
      [...MODEL, 'storageUri'],
      `has the storageUri ${String(uri)}, which is not oci:// with the image ${facts.name}`,
    );
  }
  const gpus = Number(file.at(...MODEL, 'resources', 'limits', 'nvidia.com/gpu') ?? 0);
  if (gpus !== facts.serving.gpus) {
    file.invalid([...MODEL, 'resources'], `asks for ${gpus} GPUs, but the service says ${facts.serving.gpus}`);
  }
  const [min, max] = ['minReplicas', 'maxReplicas'].map((key) => Number(file.at(...PREDICTOR, key) ?? 1));
  if ((max as number) < (min as number))
    file.invalid([...PREDICTOR, 'maxReplicas'], `has maxReplicas ${max} below minReplicas ${min}`);
  checkStartup(file, [...MODEL, 'startupProbe'], facts);
}
