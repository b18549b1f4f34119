import type { OrderRecord } from '../orders/store.ts'
import { type Html, html } from './html.ts'

/** What the shop's server and FinCore said to each other about an order, in the order in which it happened. */
export function renderUnderTheHood(records: OrderRecord[], since: number): Html {
  return html`<section class="hood" aria-labelledby="hood-title">
  <h2 id="hood-title">What happened under the hood</h2>
  <p>Every call that this shop’s server made for this order, and every webhook it got. Keys and cards are masked, as they are where the shop keeps them.</p>
  ${records.length === 0 && html`<p>Nothing yet.</p>`}
  <ol>${records.map((record, index) => html`<li>${record.kind === 'call' ? renderCall(record, index, since) : renderWebhook(record, index, since)}</li>`)}</ol>
</section>`
}

/** How long after the order was placed, such as `+0.42 s` or `+3 min`. */
function formatAge(ms: number): string {
  if (ms < 10_000) return `+${(ms / 1000).toFixed(2)} s`
  return ms < 120_000 ? `+${Math.round(ms / 1000)} s` : `+${Math.round(ms / 60_000)} min`
}

function renderCall(call: OrderRecord & { kind: 'call' }, index: number, since: number): Html {
  const url = new URL(call.url)
  const good = call.status !== null && call.status < 300
  return html`<details id="record-${index}" ${index === 0 && html`open`}>
    <summary>
      <span class="direction">Shop → ${call.door === 'relay' ? 'card relay' : 'FinCore'} · ${formatAge(call.at - since)}</span>
      <span class="call"><b class="method">${call.method}</b> <code>${url.pathname}</code></span>
      <span class="outcome"><b class="${good ? 'good' : 'bad'}">${call.status ?? 'no answer'}</b> <span>${call.ms} ms</span></span>
    </summary>
    <h3>Request</h3>
    <pre>${renderHeaders({ host: url.host, ...call.requestHeaders })}

${renderJson(call.requestBody)}</pre>
    ${call.door === 'relay' && html`<p>Sent over mutual TLS with the shop’s client certificate. The number and the code were forgotten with the answer.</p>`}
    <h3>Response</h3>
    <pre>${renderJson(call.responseBody)}</pre>
  </details>`
}

function renderWebhook(webhook: OrderRecord & { kind: 'webhook' }, index: number, since: number): Html {
  return html`<details id="record-${index}">
    <summary>
      <span class="direction">FinCore → shop · ${formatAge(webhook.at - since)}</span>
      <span class="call"><b class="method webhook">webhook</b> <code>${webhook.type}</code></span>
      <span class="outcome"><b class="good">signature ok</b></span>
    </summary>
    <h3>Headers</h3>
    <pre>${renderHeaders(webhook.headers)}</pre>
    <h3>Body</h3>
    <pre>${renderJson(webhook.body)}</pre>
  </details>`
}

function renderHeaders(headers: Record<string, string>): Html[] {
  return Object.entries(headers).map(
    ([name, value], index) => html`${index > 0 && '\n'}<span class="k">${name}</span>: ${value}`,
  )
}

/** Indents and colours JSON; anything else is shown as it is. */
function renderJson(text: string): Html {
  let pretty: string
  try {
    pretty = JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return html`${text}`
  }
  const tokens = pretty.split(/("(?:[^"\\]|\\.)*"(?:\s*:)?|-?\d+(?:\.\d+)?|true|false|null)/)
  return html`${tokens.map((token, index) => (index % 2 === 0 ? token : renderToken(token)))}`
}

function renderToken(token: string): Html {
  const kind = token.endsWith(':') ? 'k' : token.startsWith('"') ? 's' : 'n'
  return html`<span class="${kind}">${token}</span>`
}
