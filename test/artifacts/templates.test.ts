import { describe, expect, test } from 'vitest';
import { printYaml, sortKeys } from '../../src/artifacts/print.ts';
import { renderTemplate, renderText } from '../../src/artifacts/templates.ts';

describe('a template', () => {
  test.each([
    ['an unknown name', '<%= it.nmae %>', 'it.nmae'],
    ['an unknown name in an object', '<%= it.model.nmae %>', 'it.model.nmae'],
    ['an unknown name in a condition', '<% if (it.isOn) { %>x<% } %>', 'it.isOn'],
    ['a tag that is not closed', '<%= it.name', 't.txt'],
    ['code that does not parse', '<% if ( %>', 't.txt'],
    ['a free variable', '<%= name %>', 'name'],
  ])('is refused for %s, and the place is named', (_, text, place) => {
    expect(() => renderText(text, { name: 'x', model: { name: 'y' } }, 't.txt')).toThrow(
      expect.objectContaining({ code: 'TEMPLATE_INVALID', message: expect.stringContaining(place) }),
    );
  });

  test('keeps the braces of Helm, the line ends and characters that HTML would escape', () => {
    const text = '{{ include "<%= it.name %>" . }} && <b>\n<%= it.list.join(",") %>\n';
    expect(renderText(text, { name: 'x', list: [1, 2] }, 't.txt')).toBe('{{ include "x" . }} && <b>\n1,2\n');
  });

  test('of the package names nothing beyond what its artifact gives', () => {
    expect(() => renderTemplate('docker/Dockerfile', { image: 'x:1' })).toThrow(
      expect.objectContaining({ code: 'TEMPLATE_INVALID', message: expect.stringContaining('it.baseImage') }),
    );
  });
});

describe('printed YAML', () => {
  test('quotes words that YAML 1.1 takes for something else', () => {
    expect(printYaml({ a: 'no', b: 'on', c: '1e3', d: '12:30', e: 'text' })).toBe(
      'a: "no"\nb: "on"\nc: "1e3"\nd: "12:30"\ne: text\n',
    );
  });

  test('repeats equal objects instead of pointing at them', () => {
    const shared = { x: 1 };
    expect(printYaml({ a: shared, b: shared })).toBe('a:\n  x: 1\nb:\n  x: 1\n');
  });

  test('of sorted keys does not depend on the order of insertion', () => {
    expect(JSON.stringify(sortKeys({ b: [{ d: 1, c: 2 }], a: null }))).toBe('{"a":null,"b":[{"c":2,"d":1}]}');
  });
});
