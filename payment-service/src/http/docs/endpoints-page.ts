import { type Html, html } from '../link/html.ts'
import type { OpenApi } from '../openapi.ts'
import type { Operation } from '../openapi-operation.ts'
import { tags } from '../route-docs.ts'
import { joinHtml, renderDocsPage, renderRows, renderText } from './page.ts'

/** `/docs`: every endpoint that merchants have, as openapi.json lists it. */
export function renderEndpointsPage({ servers, paths }: OpenApi): string {
  const api = servers[0]?.url ?? ''
  const endpoints = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  )
  const groups = Object.entries(tags).map(([name, about]) => {
    const rows = endpoints
      .filter(({ operation }) => operation.tags.includes(name))
      .map(({ path, method, operation }) => ({
        id: operation.operationId,
        heading: html`<h3><code><span class="method">${method}</span> ${addressOf(path, operation)}</code></h3>`,
        texts: [describe(operation)],
      }))
    return html`<h2>${name}</h2><p class="quiet">${renderText(about)}</p>${renderRows(rows)}`
  })
  const intro = [
    `At \`${api}\`. JSON in, JSON out. Send your secret key in \`Authorization: Bearer sk_…\`, and with every POST an \`Idempotency-Key\`: new for each new intention, the same for a retry.`,
    'Amounts are integers in the currency’s minor unit. Lists answer the newest first; `limit` is 1 to 100, and `starting_after` and `ending_before` take an id. Every field is in `/v1/openapi.json`.',
  ].map((text) => html`<p>${renderText(text)}</p>`)
  return renderDocsPage('/docs', 'The API', html`${joinHtml(intro)}${joinHtml(groups)}`)
}

/** The whole address where it is not the API's. */
function addressOf(path: string, { servers }: Operation): string {
  return `${servers?.[0]?.url ?? ''}${path}`
}

function describe({ summary, description, parameters }: Operation): Html {
  const filters = parameters
    .filter(({ in: place, name }) => place === 'query' && !/^(limit|starting_after|ending_before)$/.test(name))
    .map(({ name }) => `\`${name}\``)
  const texts = [`${summary}.`, description, filters.length === 0 ? undefined : `Filters: ${filters.join(', ')}.`]
  return renderText(texts.filter((text) => text !== undefined).join(' '))
}
