import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { useWorld, type World } from '@fincore/end-to-end/world'
import { Fincore } from './fincore.ts'
import { sdkErrorCodes } from './sdk-error-codes.ts'
import { type FaultServer, json, startFaultServer } from './testing/fault-server.ts'
import { version } from './version.ts'

const page = {
  limit: 1,
  starting_after: 'x_1',
  ending_before: 'x_2',
  created_after: new Date(0),
  created_before: '2026-11-29T12:00:00Z',
}
const pay = { amount: 1, currency: 'EUR' }
const urls = { success_url: 'https://shop.example/a', cancel_url: 'https://shop.example/b' }
const card = { number: '4242424242424242', cvc: '123', exp_month: 12, exp_year: 2034 }

/** Each operation of the API by its `operationId`, and the method that calls it, with every parameter of its query. */
const methods: Record<string, (fincore: Fincore) => Promise<unknown>> = {
  createPaymentSession: ({ paymentSessions }) => paymentSessions.create({ ...pay, ...urls }),
  getPaymentSession: ({ paymentSessions }) => paymentSessions.get('ps_1'),
  listPaymentSessions: ({ paymentSessions }) =>
    paymentSessions.list({ ...page, status: 'open', merchant_reference: 'r' }).page(),
  expirePaymentSession: ({ paymentSessions }) => paymentSessions.expire('ps_1'),
  createCharge: ({ charges }) => charges.create({ ...pay, payment_method: { type: 'token', token: 't' } }),
  createCardCharge: ({ charges }) => charges.create({ ...pay, payment_method: { type: 'card', card } }),
  getCharge: ({ charges }) => charges.get('ch_1'),
  listCharges: ({ charges }) =>
    charges.list({ ...page, status: 'captured', merchant_reference: 'r', payment_session: 'ps_1' }).page(),
  captureCharge: ({ charges }) => charges.capture('ch_1', { amount: 1 }),
  cancelCharge: ({ charges }) => charges.cancel('ch_1'),
  createRefund: ({ refunds }) => refunds.create({ charge: 'ch_1' }),
  getRefund: ({ refunds }) => refunds.get('re_1'),
  listRefunds: ({ refunds }) => refunds.list({ ...page, charge: 'ch_1', status: 'failed' }).page(),
  getDispute: ({ disputes }) => disputes.get('dp_1'),
  listDisputes: ({ disputes }) => disputes.list({ ...page, charge: 'ch_1', status: 'won' }).page(),
  getEvent: ({ events }) => events.get('evt_1'),
  listEvents: ({ events }) => events.list({ ...page, type: 'dispute.won', object_id: 'dp_1' }).page(),
  createWebhookEndpoint: ({ webhookEndpoints }) => webhookEndpoints.create({ url: 'https://shop.example/hook' }),
  getWebhookEndpoint: ({ webhookEndpoints }) => webhookEndpoints.get('whe_1'),
  listWebhookEndpoints: ({ webhookEndpoints }) => webhookEndpoints.list(page).page(),
  updateWebhookEndpoint: ({ webhookEndpoints }) => webhookEndpoints.update('whe_1', { status: 'disabled' }),
  deleteWebhookEndpoint: ({ webhookEndpoints }) => webhookEndpoints.delete('whe_1'),
  rotateWebhookSecret: ({ webhookEndpoints }) => webhookEndpoints.rotateSecret('whe_1', { overlap_seconds: 0 }),
  pingWebhookEndpoint: ({ webhookEndpoints }) => webhookEndpoints.ping('whe_1'),
  listWebhookDeliveries: ({ webhookEndpoints }) =>
    webhookEndpoints.listDeliveries('whe_1', { ...page, status: 'failed' }).page(),
  getWebhookDelivery: ({ webhookEndpoints }) => webhookEndpoints.getDelivery('whe_1', 'del_1'),
  listWebhookTries: ({ webhookEndpoints }) => webhookEndpoints.listTries('whe_1', 'del_1', page).page(),
  redeliverFailedWebhooks: ({ webhookEndpoints }) =>
    webhookEndpoints.redeliverFailed('whe_1', { since: new Date(0), until: '2026-11-29T12:00:00Z' }),
  redeliverWebhook: ({ webhookEndpoints }) => webhookEndpoints.redeliver('whe_1', 'del_1'),
}

type Operation = { operationId: string; security: object[]; parameters: { name: string; in: string }[] }
type Document = { paths: Record<string, Record<string, Operation>> }

describe('@fincore/node and the API', () => {
  let world: World
  let server: FaultServer
  let fincore: Fincore
  before(async () => {
    ;[world, server] = await Promise.all([useWorld(), startFaultServer()])
    const relay = { url: server.url, cert: '', key: '' }
    fincore = new Fincore({ api: server.url, secretKey: 'sk_test_1', relay })
    server.answerWith(json(200, { object: 'list', data: [], has_more: false }))
  })
  after(async () => {
    fincore?.close()
    server?.close()
    await world?.close()
  })

  it('have the same operations, at the same addresses, with the same parameters', async () => {
    const { text } = await world.http.send('GET', `${world.fincore.dev.api}/v1/openapi.json`)
    const { paths } = JSON.parse(text) as Document
    const documented = Object.entries(paths).flatMap(([path, operations]) =>
      Object.entries(operations)
        // What a publishable key can ask as well is for @fincore/browser.
        .filter(([, { security }]) => security.every((needed) => 'secret_key' in needed))
        .map(([method, { operationId, parameters }]) => {
          const query = parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name)
          // The card relay stands in the document with the `/v1` in its server’s address.
          const address = operationId === 'createCardCharge' ? `/v1${path}` : path
          return [operationId, `${method.toUpperCase()} ${address} ${query.sort()}`] as const
        }),
    )
    const called = []
    for (const [operationId, call] of Object.entries(methods)) {
      await call(fincore)
      const { method, path } = server.calls.at(-1) ?? assert.fail()
      const url = new URL(path, server.url)
      const address = url.pathname.replace(/(deliveries)\/del_1/, '$1/{delivery}').replace(/\/[a-z]+_1/, '/{id}')
      called.push([operationId, `${method} ${address} ${[...url.searchParams.keys()].sort()}`] as const)
    }
    assert.deepEqual(Object.fromEntries(called), Object.fromEntries(documented))
  })

  it('are called in the samples of the reference by names that there are', async () => {
    const { text } = await world.http.send('GET', `${world.fincore.dev.api}/docs`)
    const samples = [...text.matchAll(/fincore\.(\w+)\.(\w+)\(/g)]
    assert.equal(samples.length, Object.keys(methods).length)
    for (const [call, resource = '', method = ''] of samples) {
      const ofResource: unknown = Reflect.get(fincore, resource)
      assert.ok(typeof ofResource === 'object' && ofResource !== null && method in ofResource, call)
    }
  })

  it('say who calls, in a version that is the package’s own', () => {
    const { version: ofPackage } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
    assert.equal(version, ofPackage)
    assert.equal(server.calls[0]?.headers['user-agent'], `fincore-node/${version} node/${process.versions.node}`)
  })

  it('are explained by the README: every method stands there, and every code of the SDK with its meaning', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
    const named = new Set<string>()
    let resource = ''
    // In the table the name of the resource stands once before several methods.
    for (const [, before, method] of readme.matchAll(/`(\w*)\.(\w+)\(/g)) {
      resource = before || resource
      named.add(`${resource}.${method}`)
    }
    for (const [name, methodsOf] of Object.entries(fincore))
      for (const method of Object.getOwnPropertyNames(Object.getPrototypeOf(methodsOf)))
        if (method !== 'constructor') assert.ok(named.has(`${name}.${method}`), `${name}.${method}`)
    for (const [code, { meaning }] of Object.entries(sdkErrorCodes))
      assert.ok(readme.includes(`| \`${code}\` | ${meaning} |`), code)
  })
})
