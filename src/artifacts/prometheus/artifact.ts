/** monitoring/prometheus: what to scrape, rules on the objective, and their unit test. */
import type { Artifact, ServiceFiles } from '../artifact.ts';
import { COMPOSE_FILE, COMPOSE_SERVER, PROMETHEUS_CONFIG, RULES_FILE, RULES_TEST_FILE } from '../layout.ts';
import { printYaml } from '../print.ts';
import { at, listAt, Problems, textAt } from '../problems.ts';
import type { ServiceFacts } from '../service-facts.ts';
import { lineOfText } from './check-expressions.ts';
import { checkRuleGroups } from './check-rules.ts';
import { ruleGroups } from './rules.ts';
import { rulesTest } from './rules-test.ts';
import { runbooks } from './runbooks.ts';

export const artifact: Artifact = {
  async generate(facts) {
    return [
      { path: PROMETHEUS_CONFIG, content: printYaml(scrapeConfig(facts)) },
      { path: RULES_TEST_FILE, content: printYaml(rulesTest(facts), TEST_HINT) },
      { path: RULES_FILE, content: printYaml({ groups: ruleGroups(facts, { matchers: {} }) }) },
      ...[...runbooks(facts)].map(([path, content]) => ({ path, content })),
    ];
  },

  async check(files, facts) {
    const problems = new Problems('prometheus', files);
    const config = problems.readYaml(PROMETHEUS_CONFIG);
    if (config !== undefined) checkScrape(config, files.has(COMPOSE_FILE), facts, problems);
    const rules = problems.readYaml(RULES_FILE);
    if (rules !== undefined) checkRuleGroups(rules, RULES_FILE, files, facts, problems);
    checkRunbooks(rules, files, facts, problems);
    const tests = problems.readYaml(RULES_TEST_FILE);
    if (tests !== undefined && listAt(tests, 'tests').length === 0) problems.invalid(RULES_TEST_FILE, 'has no tests');
    return problems.findings;
  },
};

/** Each alert names a page that is there. */
function checkRunbooks(rules: unknown, files: ServiceFiles, facts: ServiceFacts, problems: Problems): void {
  for (const path of runbooks(facts).keys()) problems.read(path);
  for (const rule of listAt(rules, 'groups').flatMap((group) => listAt(group, 'rules'))) {
    const page = textAt(rule, 'annotations', 'runbook_url');
    if (page === '' || /^https?:/.test(page) || files.has(page)) continue;
    problems.invalid(
      RULES_FILE,
      `${textAt(rule, 'alert')} names the runbook ${page}, which is not there`,
      lineOfText(files.get(RULES_FILE) ?? '', page),
    );
  }
}

const TEST_HINT = 'Run with: promtool test rules rules.test.yml';

function scrapeConfig(facts: ServiceFacts): Record<string, unknown> {
  return {
    global: { scrape_interval: '15s', scrape_timeout: '10s', evaluation_interval: '15s' },
    rule_files: ['rules.yml'],
    scrape_configs: [
      { job_name: facts.name, static_configs: [{ targets: [`${COMPOSE_SERVER}:${facts.serving.metricsPort}`] }] },
    ],
  };
}

function checkScrape(config: unknown, hasCompose: boolean, facts: ServiceFacts, problems: Problems): void {
  const ruleFiles = listAt(config, 'rule_files');
  if (!ruleFiles.includes('rules.yml')) problems.disagrees(PROMETHEUS_CONFIG, 'rule_files', [], ['rules.yml']);
  const job = listAt(config, 'scrape_configs').find((entry) => at(entry, 'job_name') === facts.name);
  if (job === undefined) {
    const names = listAt(config, 'scrape_configs').map((entry) => at(entry, 'job_name') ?? null);
    problems.expect(PROMETHEUS_CONFIG, 'job_name', names, [facts.name]);
    return;
  }
  const targets = listAt(job, 'static_configs')
    .flatMap((entry) => listAt(entry, 'targets'))
    .map(String);
  const expected = `${COMPOSE_SERVER}:${facts.serving.metricsPort}`;
  const fits = hasCompose
    ? targets.includes(expected)
    : targets.every((target) => target.endsWith(`:${facts.serving.metricsPort}`));
  if (!fits) problems.disagrees(PROMETHEUS_CONFIG, 'targets', targets, [expected]);
}
