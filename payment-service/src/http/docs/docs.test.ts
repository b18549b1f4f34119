import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { chargeFlags } from '@fincore/api-contract/charge-flags'
import { eventTypes } from '@fincore/api-contract/events'
import { type ApiWorld, createApiWorld } from '../../webhooks/testing/api-world.ts'
import { createApiServer } from '../api-server.ts'
import type { OpenApi } from '../openapi.ts'
import { type NamedOperation, readDocument } from '../testing/read-document.ts'

const attributes = (page: string, name: string) =>
  [...page.matchAll(new RegExp(` ${name}="([^"]*)"`, 'g'))].map(([, value = '']) => value.replaceAll('&amp;', '&'))

describe('the documentation', () => {
  let world: ApiWorld
  let operations: Map<string, NamedOperation>
  before(async () => {
    world = await createApiWorld()
    const document: OpenApi = (await world.app.inject({ url: '/v1/openapi.json' })).json()
    operations = readDocument(document).operations
  })
  after(() => world.close())

  const open = (url: string) => world.app.inject({ url })
  const pageAt = async (url: string) => (await open(url)).payload

  it('is where the API’s own address leads a browser', async () => {
    const { statusCode, headers } = await open('/')
    assert.deepEqual([statusCode, headers.location], [302, '/docs'])
  })

  it('has every endpoint in its reference, with a request as curl sends it, and by the SDK', async () => {
    const page = await pageAt('/docs')
    for (const [id, { path, operation }] of operations)
      assert.ok(page.includes(`id="${id}"`) && page.includes(path) && page.includes(operation.summary), id)
    const samples = [...page.matchAll(/fincore\.(\w+\.\w+)\(/g)].map(([, call = '']) => call)
    for (const call of ['charges.create', 'charges.list', 'charges.capture', 'refunds.get', 'webhookEndpoints.update'])
      assert.ok(samples.includes(call), call)
    assert.match(page, /curl https:\/\/127\.0\.0\.1:4001\/v1\/charges \\\n {2}--cert/)
  })

  it('is whole: every link of every page, the guides among them, leads to a page that has its anchor', async () => {
    const pages = new Map<string, string>()
    const broken: string[] = []
    const follow = async (from: string, link: string): Promise<void> => {
      const { pathname, hash, origin } = new URL(link, `http://docs.example${from}`)
      if (origin !== 'http://docs.example') return
      const isNew = !pages.has(pathname)
      if (isNew) {
        const answer = await open(pathname)
        pages.set(pathname, answer.payload)
        if (answer.statusCode !== 200) broken.push(`${from}: ${link}`)
      }
      const page = pages.get(pathname) ?? ''
      if (hash !== '' && !attributes(page, 'id').includes(decodeURIComponent(hash.slice(1))))
        broken.push(`${from}: ${link} has no such anchor`)
      if (isNew && pathname.startsWith('/docs'))
        for (const next of [...attributes(page, 'href'), ...attributes(page, 'src')])
          if (!next.startsWith('data:')) await follow(pathname, next)
    }
    await follow('', '/docs')
    assert.deepEqual(broken, [])
    assert.ok(pages.size > 8, [...pages.keys()].join(' '))
    for (const [path, page] of pages) {
      if (!path.startsWith('/docs/') && path !== '/docs') continue
      const ids = attributes(page, 'id')
      assert.deepEqual([...new Set(ids)].length, ids.length, `${path} has an id twice`)
    }
  })

  it('marks what a request must have, and nothing of what an answer has', async () => {
    const page = await pageAt('/docs')
    const articleOf = (id: string) => page.split(`<article class="entry" id="${id}">`)[1]?.split('</article>')[0] ?? ''
    assert.match(articleOf('createPaymentSession'), /amount<\/code>[^/]*<\/span> <span class="required">required/)
    assert.match(articleOf('PaymentSession'), /amount<\/code>/)
    assert.doesNotMatch(articleOf('PaymentSession'), /class="required"/)
  })

  it('leads an address with a slash at its end to the page', async () => {
    for (const path of ['/docs', '/docs/errors', '/docs/guides', '/docs/guides/webhooks']) {
      const answer = await open(`${path}/`)
      assert.deepEqual([answer.statusCode, answer.headers.location], [301, path])
    }
    for (const path of ['/docs/nothing/', '/docs//', '/docs//example.com/'])
      assert.equal((await open(path)).statusCode, 404)
  })

  it('runs and loads nothing but what stands in its table, and the reference may ask its own origin alone', async () => {
    const policyOf = async (url: string) => String((await open(url)).headers['content-security-policy'])
    for (const url of ['/docs', '/docs/errors', '/docs/guides']) {
      const policy = await policyOf(url)
      assert.match(policy, /^default-src 'none'; /)
      assert.doesNotMatch(policy, /unsafe|\*/)
    }
    assert.match(await policyOf('/docs/errors'), /script-src 'none'/)
    assert.match(await policyOf('/docs'), /script-src http:\/\/127\.0\.0\.1:4000\/docs-assets\/try-[0-9a-f]{12}\.js; /)
    assert.match(await policyOf('/docs'), /connect-src 'self'/)
  })

  it('has no script, no form and no place for a key in production', async () => {
    const { deps } = world
    const app = await createApiServer({ ...deps, config: { ...deps.config, environment: 'production' } })
    const answer = await app.inject({ url: '/docs' })
    await app.close()
    assert.equal(answer.statusCode, 200)
    assert.doesNotMatch(answer.payload, /<(script|form|input)/)
    assert.match(String(answer.headers['content-security-policy']), /script-src 'none'/)
  })

  it('explains every type of event, every flag, and every currency', async () => {
    const events = await pageAt('/docs/events')
    for (const word of [...Object.keys(eventTypes), ...Object.keys(chargeFlags)])
      assert.ok(events.includes(`id="${word}"`), word)
    assert.match(await pageAt('/docs/decline-codes'), /id="refund_declined"/)
    const currencies = await pageAt('/docs/currencies')
    for (const [code, amount] of [
      ['EUR', '19.99 EUR'],
      ['JPY', '1999 JPY'],
      ['KWD', '1.999 KWD'],
    ])
      assert.ok(currencies.includes(`<code>${code}</code>`) && currencies.includes(String(amount)), code)
  })

  it('has what the SDKs say of themselves, which the guides refer to', async () => {
    assert.match(await pageAt('/docs/guides/idempotency'), /href="\/docs\/node-sdk#options"/)
    assert.match(await pageAt('/docs/guides/client-side-sdk'), /href="\/docs\/browser-sdk"/)
    assert.match(await pageAt('/docs/node-sdk'), /<h1>@fincore\/node<\/h1>[\s\S]*<h2 id="options">/)
    assert.match(await pageAt('/docs/browser-sdk'), /href="\/docs\/card-fields#styles"/)
  })

  it('has no page that nobody wrote, and none outside of its folder', async () => {
    for (const url of ['/docs/nothing', '/docs/guides/nothing', '/docs/..%2f..%2fREADME', '/docs/operating']) {
      const answer = await open(url)
      assert.deepEqual([answer.statusCode, answer.json().code], [404, 'route_not_found'], url)
    }
  })
})
