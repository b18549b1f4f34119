import { type ErrorCode, errorTable } from '@fincore/api-contract/errors'
import { type Html, html } from '../link/html.ts'
import type { OpenApi } from '../openapi.ts'
import { tags } from '../route-docs.ts'
import { docsPage, referencePage } from './assets.ts'
import { renderField, renderFields } from './field-list.ts'
import { type Entry, joinHtml, renderDocsPage, renderSample, renderText } from './page.ts'
import { type Endpoint, listEndpoints, writeCurl, writeNode } from './samples.ts'
import { readSchemas, type SchemaNode, type Schemas } from './schemas.ts'
import { renderKeyField, renderTryForm } from './try-form.ts'

type Tag = keyof typeof tags

/** The objects that are explained once, each where its endpoints are. */
const objectsOf: Partial<Record<Tag, readonly string[]>> = {
  'Payment sessions': ['PaymentSession'],
  Charges: ['Charge'],
  Refunds: ['Refund'],
  Disputes: ['Dispute'],
  Events: ['Event'],
  'Webhook endpoints': ['WebhookEndpoint', 'WebhookDelivery'],
}
const addresses = Object.fromEntries(
  Object.values(objectsOf).flatMap((names) => (names ?? []).map((name) => [name, `#${name}`])),
)

/** `/docs`: every endpoint that merchants have, as openapi.json lists it. @param canTry in a sandbox alone. */
export function renderReferencePage(document: OpenApi, canTry: boolean): string {
  const schemas = readSchemas(document, addresses)
  const api = document.servers[0]?.url ?? ''
  const endpoints = listEndpoints(document)
  const common = findCommonCodes(endpoints)
  const groups = (Object.keys(tags) as Tag[]).map((tag) => ({
    tag,
    id: tag.toLowerCase().replaceAll(' ', '-'),
    endpoints: endpoints.filter(({ operation }) => operation.tags.includes(tag)),
  }))
  const contents: Entry[] = [
    ...introduction.map(({ id, title }) => ({ to: `#${id}`, name: html`${title}` })),
    ...groups.map(({ tag, id, endpoints: its }) => ({
      to: `#${id}`,
      name: html`${tag}`,
      inside: its.map(({ operation }) => ({ to: `#${operation.operationId}`, name: html`${operation.summary}` })),
    })),
  ]
  const body = html`<p class="lead">${renderText(`JSON in, JSON out, at \`${api}\`. The whole contract is in `)}<a href="/v1/openapi.json">openapi.json</a>; how to use it, in the <a href="/docs/guides">guides</a>.</p>
${canTry ? renderKeyField() : null}
${joinHtml(introduction.map(({ id, title, texts }) => html`<section id="${id}"><h2>${title}</h2>${joinHtml(texts.map((text) => html`<p>${text}</p>`))}${id === 'errors' ? html`<p>These every endpoint can answer, or nearly every one:</p>${renderCodes([...common])}` : null}</section>`))}
${joinHtml(
  groups.map(
    ({
      tag,
      id,
      endpoints: its,
    }) => html`<section class="group" id="${id}"><h2>${tag}</h2><p class="quiet">${tags[tag]}</p>
${joinHtml((objectsOf[tag] ?? []).map((name) => renderObject(schemas, name)))}
${joinHtml(its.map((endpoint) => renderEndpoint(schemas, endpoint, { api, canTry, common })))}</section>`,
  ),
)}`
  const served = canTry ? referencePage : docsPage
  return renderDocsPage({ path: '/docs', title: 'API reference', contents, body, served })
}

const introduction: readonly { id: string; title: string; texts: readonly Html[] }[] = [
  {
    id: 'authentication',
    title: 'Authentication',
    texts: [
      renderText(
        'Send your secret key with every request, from your server alone: `Authorization: Bearer sk_…`. A publishable key, `pk_…`, may stand in a web page; it reads `/v1/client_config` and nothing else.',
      ),
    ],
  },
  {
    id: 'idempotency',
    title: 'Idempotency',
    texts: [
      renderText(
        'Every POST needs an `Idempotency-Key`: new for each new intention, stored before you send, the same for a retry. The answer to a retry is that of the first request, with `Idempotent-Replayed: true`.',
      ),
    ],
  },
  {
    id: 'money',
    title: 'Money',
    texts: [
      html`Amounts are integers in the currency’s minor unit: 1999 is 19.99 EUR, or 1999 JPY. <a href="/docs/currencies">The currencies</a> and their minor units.`,
    ],
  },
  {
    id: 'lists',
    title: 'Lists',
    texts: [
      renderText(
        'The newest first. `limit` is 1 to 100, 20 without it; the id is the cursor: `starting_after` gives what is older, `ending_before` what is newer. `created_after` and `created_before` take times.',
      ),
    ],
  },
  {
    id: 'errors',
    title: 'Errors',
    texts: [
      html`Every answer of 400 and above is <code>application/problem+json</code> (RFC 9457). Decide by <code>code</code>; <code>type</code> leads to <a href="/docs/errors">its explanation</a>. A declined card is no error: the charge is made, and <code>failed</code>, with a <a href="/docs/decline-codes">decline code</a>.`,
    ],
  },
]

function renderObject(schemas: Schemas, name: string): Html {
  const schema = schemas.named[name] ?? {}
  return html`<article class="entry" id="${name}"><div><h3>The object <code>${name}</code></h3><p>${renderText(schema.description ?? '')}</p>${renderFields(schemas, schema, 'answer')}</div><div class="side">${renderSample(JSON.stringify(schemas.exampleOf(schema), null, 2), 'Example', name)}</div></article>`
}

function renderEndpoint(
  schemas: Schemas,
  endpoint: Endpoint,
  { api, canTry, common }: { api: string; canTry: boolean; common: ReadonlySet<ErrorCode> },
): Html {
  const { method, path, operation } = endpoint
  const parameters = operation.parameters.filter((parameter) => parameter.in !== 'header')
  const content = operation.requestBody?.content['application/json']
  const node = writeNode(schemas, endpoint)
  const isHere = operation.servers === undefined
  return html`<article class="entry" id="${operation.operationId}"><div>
<h3>${operation.summary}</h3>
<p class="address"><code><span class="method ${method.toLowerCase()}">${method}</span> ${operation.servers?.[0]?.url ?? ''}${path}</code></p>
${operation.description === undefined ? null : html`<p>${renderText(operation.description)}</p>`}
${
  parameters.length === 0
    ? null
    : html`<h4>Parameters</h4><ul class="fields">${joinHtml(
        parameters.map(({ name, description, schema, required }) =>
          renderField(schemas, name, { ...schema, description } as SchemaNode, 'request', required),
        ),
      )}</ul>`
}
${content === undefined ? null : html`<h4>Body</h4>${renderFields(schemas, content.schema, 'request')}`}
<h4>Answer</h4>${renderAnswer(schemas, endpoint)}
<h4>Errors</h4>${renderErrors(endpoint, common)}
${canTry && isHere ? renderTryForm(schemas, endpoint) : null}
</div><div class="side">
${renderSample(writeCurl(schemas, endpoint, api), 'curl', operation.summary)}
${node === null ? null : renderSample(node, '@fincore/node', operation.summary)}
</div></article>`
}

function renderAnswer(schemas: Schemas, { operation }: Endpoint): Html {
  const [[status, answer] = ['', undefined]] = Object.entries(operation.responses)
  const schema: SchemaNode = answer?.content['application/json']?.schema ?? {}
  const name = schemas.nameOf(schema) ?? ''
  const inList = name.endsWith('List') ? name.slice(0, -'List'.length) : name
  const what = name.endsWith('List') ? 'a list of' : 'the object'
  const link = schemas.addressOf(inList)
  if (link !== null) return html`<p>${status}, with ${what} <a href="${link}"><code>${inList}</code></a>.</p>`
  return html`<p>${renderText(`${status}. ${schemas.follow(schema).description ?? ''}`)}</p><details><summary>Fields of the answer</summary>${renderFields(schemas, schema, 'answer')}</details>`
}

const codesOf = ({ operation }: Endpoint): ErrorCode[] =>
  Object.entries(operation.responses)
    .filter(([status]) => Number(status) >= 400)
    .flatMap(([, { description }]) => [...description.matchAll(/`(\w+)`/g)].map(([, code = '']) => code as ErrorCode))

/** What more than half of all endpoints can answer is listed once, in the introduction. */
function findCommonCodes(endpoints: readonly Endpoint[]): ReadonlySet<ErrorCode> {
  const all = endpoints.map((endpoint) => new Set(codesOf(endpoint)))
  const codes = Object.keys(errorTable) as ErrorCode[]
  return new Set(codes.filter((code) => all.filter((its) => its.has(code)).length * 2 > all.length))
}

function renderCodes(codes: readonly ErrorCode[]): Html {
  return html`<ul class="codes">${joinHtml(
    codes.map(
      (code) =>
        html`<li><a href="/docs/errors#${code}"><code>${code}</code></a> <span class="quiet">${String(errorTable[code].status)}</span></li>`,
    ),
  )}</ul>`
}

function renderErrors(endpoint: Endpoint, common: ReadonlySet<ErrorCode>): Html {
  const own = codesOf(endpoint).filter((code) => !common.has(code))
  if (own.length === 0)
    return html`<p class="small quiet">Refused as <a href="#errors">all endpoints</a> can refuse.</p>`
  return html`<p class="small quiet">Beside <a href="#errors">those of all endpoints</a>:</p>${renderCodes(own)}`
}
