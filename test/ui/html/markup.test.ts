import { describe, expect, test } from 'vitest';
import { embeddedJson, html, name } from '../../../src/ui/html/markup.ts';

describe('markup', () => {
  test('a value cannot open an element, end an attribute or begin an entity', () => {
    const bad = `<img src=x onerror="alert('1')">&lt;`;
    expect(html`<p title="${bad}">${bad}</p>`.text).toBe(
      '<p title="&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;lt;">&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;lt;</p>',
    );
  });

  test('control characters and those that turn the reading direction become visible', () => {
    expect(html`${'a\u0000b\u202ec\u2066d\ne'}`.text).toBe('a\\x00b\\u202ec\\u2066d\\x0ae');
  });

  test('names are isolated, so that right-to-left letters do not reorder what is around them', () => {
    expect(name('שלום').text).toBe('<bdi class="name">שלום</bdi>');
  });

  test('names break where their parts end', () => {
    expect(name('a.b_c/<d>').text).toBe('<bdi class="name">a.<wbr>b_<wbr>c/<wbr>&lt;d&gt;</bdi>');
  });

  test('markup in markup stays as it is; lists are joined; nothing is left of what is absent', () => {
    const items = ['a', '<b>'].map((item) => html`<li>${item}</li>`);
    expect(html`<ul>${items}${undefined}${null}${false}${0}</ul>`.text).toBe('<ul><li>a</li><li>&lt;b&gt;</li>0</ul>');
  });

  test('JSON cannot end the script element that holds it', () => {
    const { text } = embeddedJson({ name: '</script><script>alert(1)</script>\u2028' });
    expect(text).not.toContain('<');
    expect(JSON.parse(text)).toEqual({ name: '</script><script>alert(1)</script>\u2028' });
  });
});
