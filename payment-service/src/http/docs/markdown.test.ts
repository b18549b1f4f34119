import assert from 'node:assert/strict'
import { it } from 'node:test'
import { renderMarkdown } from './markdown.ts'

const addresses: Readonly<Record<string, string>> = {
  'guides/webhooks.md': '/docs/guides/webhooks',
  'errors.md': '/docs/errors',
  'guides/flow.svg': '/docs/guides/flow.svg',
}
const render = (text: string) => renderMarkdown(text, 'guides/flow.md', (file) => addresses[file] ?? null)

it('takes the title out, and lists the headings below it by the anchors that GitHub gives them', () => {
  const { title, contents, body } = render(
    '# The `flow`\n\n## What can go wrong?\n\n### 3-D Secure\n\n## What can go wrong?\n',
  )
  assert.equal(title, 'The flow')
  assert.deepEqual(
    contents.map(({ to, name }) => [to, name.html]),
    [
      ['#what-can-go-wrong', 'What can go wrong?'],
      ['#what-can-go-wrong-1', 'What can go wrong?'],
    ],
  )
  assert.match(body.html, /<h3 id="3-d-secure">/)
})

it('leads links to where the files are served, and leaves those of other files as text', () => {
  const { html } = render(
    '[a](webhooks.md#try-it) [b](../errors.md#conflict) [c](../../README.md) [d](https://x.example/) [e](#here) ![The flow](flow.svg)',
  ).body
  for (const part of [
    '<a href="/docs/guides/webhooks#try-it">a</a>',
    '<a href="/docs/errors#conflict">b</a>',
    ' c ',
    '<a href="https://x.example/">d</a>',
    '<a href="#here">e</a>',
    '<img src="/docs/guides/flow.svg" alt="The flow">',
  ])
    assert.ok(html.includes(part), part)
})

it('shows HTML and code as text, and no link of another scheme', () => {
  const { html } = render(
    '<!-- made -->\n\n<script>alert(1)</script>\n\nA <b onclick="x()">b</b> `<i>` [x](javascript:alert(1))\n\n```js\n"<u>"\n```\n',
  ).body
  assert.doesNotMatch(html, /<(script|b|i|u|a)\b|<!--/)
  assert.match(html, /&lt;script&gt;/)
})
