import { type Html, html } from '../link/html.ts'
import type { Operation } from '../openapi-operation.ts'
import { joinHtml } from './page.ts'
import { type Endpoint, exampleBody } from './samples.ts'
import type { SchemaNode, Schemas } from './schemas.ts'

/**
 * Where the reader types the key that all requests of the page are sent with. The script shows it, and keeps the key in
 * the page's memory: not in a cookie, not in a storage, not in an address.
 */
export function renderKeyField(): Html {
  return html`<section class="key" id="key" hidden aria-labelledby="key-title">
<h2 id="key-title">Try it here</h2>
<p>This is a sandbox: no real money moves. Paste a test key, and each endpoint below has a form that sends its request. Ids and tokens in the forms are made up: put in yours, and <a href="/docs/guides#in-every-shell">make a token</a> before you charge one. The key stays in this page’s memory and is gone when you leave it.</p>
<label for="api-key">Test key</label>
<input id="api-key" type="password" autocomplete="off" spellcheck="false" placeholder="sk_test_…" aria-describedby="key-fault">
<p id="key-fault" class="fault" aria-live="polite"></p>
</section>`
}

/** The form of one endpoint, which the script shows and sends. Without it there is nothing to see. */
export function renderTryForm(schemas: Schemas, endpoint: Endpoint): Html {
  const { method, path, operation } = endpoint
  const id = operation.operationId
  const body = exampleBody(schemas, endpoint)
  const fields = operation.parameters
    .filter((parameter) => parameter.in !== 'header')
    .map((parameter) => renderInput(id, parameter))
  const isIdempotent = operation.parameters.some(({ name }) => name === 'Idempotency-Key')
  return html`<details class="try" hidden><summary>Send this request</summary>
<form data-method="${method}" data-path="${path}" data-name="${operation.summary}">
${joinHtml(fields)}
${
  isIdempotent
    ? html`<label for="${id}-key">Idempotency-Key</label>
<div class="joined"><input id="${id}-key" name="idempotency-key" autocomplete="off" spellcheck="false" maxlength="255"><button type="button" class="quiet-button" data-new-key>New key<span class="unseen"> for “${operation.summary}”</span></button></div>`
    : null
}
${
  body === null
    ? null
    : html`<label for="${id}-body">Body</label>
<textarea id="${id}-body" name="body" rows="${String(Math.min(14, JSON.stringify(body, null, 2).split('\n').length + 1))}" spellcheck="false">${JSON.stringify(body, null, 2)}</textarea>`
}
<button type="submit">Send ${method}<span class="unseen"> request: ${operation.summary}</span></button>
<div class="answer" aria-live="polite"></div>
</form></details>`
}

function renderInput(id: string, { name, in: place, schema, required }: Operation['parameters'][number]): Html {
  const { enum: words, examples, maxLength } = schema as SchemaNode
  const at = `${id}-${name}`
  const label = html`<label for="${at}">${name}${required ? null : html` <span class="quiet">optional</span>`}</label>`
  if (words !== undefined) {
    const options = words.map((word) => html`<option>${String(word)}</option>`)
    return html`${label}<select id="${at}" name="${place}.${name}"><option value="">Any</option>${joinHtml(options)}</select>`
  }
  return html`${label}<input id="${at}" name="${place}.${name}" autocomplete="off" spellcheck="false" maxlength="${String(maxLength ?? 255)}" placeholder="${String(examples?.[0] ?? '')}">`
}
