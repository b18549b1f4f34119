import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import formbody from '@fastify/formbody'
import { contentTypes, locateFiles, type ServedPage } from '@fincore/api-contract/served-pages'
import { Fincore } from '@fincore/node'
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify'
import { makeCheckout } from './checkout.ts'
import { readCheckoutForm } from './checkout-form.ts'
import type { ShopConfig } from './config.ts'
import { describeFault } from './describe-fault.ts'
import { makeFieldsOffer } from './fincore/client-config.ts'
import { watchOrder } from './order-changes.ts'
import { type Way, ways } from './orders/order.ts'
import { openOrderStore } from './orders/store.ts'
import { renderCatalogue, renderMessage, renderProduct } from './pages/catalogue.ts'
import { renderCheckout } from './pages/checkout.ts'
import { renderContinue, renderOrder } from './pages/order.ts'
import { pages, servedFiles } from './pages/served-pages.ts'
import { findProduct, type Product } from './products.ts'
import { type Allowed, makeSecurityHeaders } from './security-headers.ts'
import { makeWebhookIntake } from './webhooks.ts'

type CheckoutView = { product: Product; way: Way; problem: string | null }
const largestBody = 64 * 1024

/** The API for everything, and the card relay, over mutual TLS, for cards alone. */
function connectFincore({ apiUrl, relayUrl, secretKey, relay }: ShopConfig): Fincore {
  // A shopper waits: three tries at most.
  return new Fincore({ api: apiUrl, secretKey, relay: { url: relayUrl, ...relay }, maxRetries: 2 })
}

/** Builds the shop: its pages, the checkout, and the door for webhooks. Close it with `close()`; it then closes its file too. */
export async function buildShop(config: ShopConfig): Promise<FastifyInstance> {
  const store = openOrderStore(config.dataDir)
  const fincore = connectFincore(config)
  const findOffer = makeFieldsOffer(config)
  const checkout = makeCheckout({ store, fincore, config })
  const takeWebhook = makeWebhookIntake({ store, secret: config.webhookSecret })
  const icon = await readFile(new URL('./pages/icon.svg', import.meta.url), 'utf8')
  const apiOrigin = new URL(config.apiUrl).origin

  const sendPage = (reply: FastifyReply, page: string, status = 200) =>
    reply.status(status).type('text/html; charset=utf-8').send(page)
  const sendMissing = (reply: FastifyReply) =>
    sendPage(reply, renderMessage('There is nothing here', 'The address may be mistyped, or the piece is gone.'), 404)

  const app = Fastify({
    logger: false,
    bodyLimit: largestBody,
    requestTimeout: 30_000,
    forceCloseConnections: 'idle',
    // A path that cannot be read; Fastify's own answer would quote it.
    frameworkErrors: (_error, _request, reply) => sendMissing(reply),
  })
  const leaving = new AbortController()
  app.addHook('preClose', async () => leaving.abort())
  app.addHook('onClose', async () => {
    fincore.close()
    store.close()
  })
  await app.register(formbody, { bodyLimit: largestBody })
  const protect = (reply: FastifyReply, page: ServedPage, allow?: Allowed) =>
    reply.headers(makeSecurityHeaders(page, reply.request.host, allow))
  app.addHook('onRequest', async (_request, reply) => {
    protect(reply, pages.plain)
  })

  async function sendCheckout(reply: FastifyReply, view: CheckoutView, status = 200) {
    const offer = await findOffer()
    const connects = [apiOrigin, ...offer.sources.connects]
    const served = locateFiles(pages.checkout, apiOrigin)
    protect(reply, served, { ...offer.sources, connects, formTargets: [apiOrigin] })
    const { apiUrl, publishableKey } = config
    return sendPage(
      reply,
      renderCheckout({ ...view, attempt: randomUUID(), offer, apiUrl, publishableKey, served }),
      status,
    )
  }

  app.setNotFoundHandler((_request, reply) => sendMissing(reply))
  app.setErrorHandler((error: { statusCode?: number }, _request, reply) => {
    const status = error.statusCode ?? 500
    if (status >= 500) console.log(JSON.stringify({ level: 'error', event: 'request_failed', ...describeFault(error) }))
    const text = status < 500 ? 'The request could not be read.' : 'Something broke in the workshop. Please try again.'
    return sendPage(reply, renderMessage('That did not work', text), status)
  })

  for (const file of servedFiles)
    app.get(file.path, (_request, reply) => reply.type(contentTypes[file.kind]).send(file.body))
  app.get('/icon.svg', (_request, reply) => reply.type('image/svg+xml').send(icon))

  app.get('/', (_request, reply) => sendPage(reply, renderCatalogue()))

  app.get<{ Params: { id: string } }>('/products/:id', (request, reply) => {
    const product = findProduct(request.params.id)
    return product === undefined ? sendMissing(reply) : sendPage(reply, renderProduct(product))
  })

  app.get<{ Params: { product: string }; Querystring: { way?: string } }>('/checkout/:product', (request, reply) => {
    const product = findProduct(request.params.product)
    if (product === undefined) return sendMissing(reply)
    return sendCheckout(reply, {
      product,
      way: ways.find((way) => way === request.query.way) ?? 'hosted',
      problem: null,
    })
  })

  app.post<{ Params: { product: string } }>('/checkout/:product', async (request, reply) => {
    const product = findProduct(request.params.product)
    if (product === undefined) return sendMissing(reply)
    const wantsJson = request.headers.accept === 'application/json'
    const reading = readCheckoutForm(request.body)
    if ('problem' in reading) {
      if (wantsJson) return reply.status(422).send(reading)
      const sent = (request.body as { way?: string } | undefined)?.way
      return sendCheckout(reply, { product, way: ways.find((way) => way === sent) ?? 'hosted', ...reading }, 422)
    }
    const { order, charge } = await checkout({ ...reading.form, product })
    const page = `/orders/${order.id}`
    if (wantsJson) return { order: page, charge: charge && { id: charge.id, next_action: charge.next_action } }
    if (order.status !== 'pending' || order.nextUrl === null) return reply.redirect(page, 303)
    return reply.redirect(order.way === 'hosted' ? order.nextUrl : `${page}/continue`, 303)
  })

  app.get<{ Params: { id: string }; Querystring: Record<string, unknown> }>('/orders/:id', (request, reply) => {
    const order = store.findOrder(request.params.id)
    if (order === undefined) return sendMissing(reply)
    const records = store.listRecords(order.id)
    const { left, returned, charge } = request.query
    // FinCore adds `charge` to the address when the shopper comes back from the bank.
    const hasReturned = returned === '1' || charge !== undefined
    protect(reply, pages.order)
    return sendPage(reply, renderOrder({ order, records, hasLeft: left === '1', hasReturned }))
  })

  app.get<{ Params: { id: string } }>('/orders/:id/continue', (request, reply) => {
    const order = store.findOrder(request.params.id)
    if (order === undefined) return sendMissing(reply)
    const isWaiting = order.status === 'pending' && order.nextUrl !== null
    return isWaiting
      ? sendPage(reply, renderContinue(order, order.nextUrl ?? ''))
      : reply.redirect(`/orders/${order.id}`, 303)
  })

  app.get<{ Params: { id: string } }>('/orders/:id/changes', (request, reply) => {
    const order = store.findOrder(request.params.id)
    return order === undefined
      ? sendMissing(reply)
      : watchOrder({ store, reply, orderId: order.id, leaving: leaving.signal })
  })

  // The signature covers the bytes as they came, so this door alone takes its body unread.
  await app.register(async (door) => {
    door.removeAllContentTypeParsers()
    door.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
    door.post('/webhooks', (request, reply) => {
      const rawBody = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
      const result = takeWebhook({ headers: request.headers, rawBody })
      console.log(JSON.stringify({ level: 'info', event: 'webhook', result }))
      if (result === 'forged')
        return reply.status(400).send({ error: 'The signature does not fit. Check the webhook secret.' })
      return reply.status(204).send()
    })
  })
  return app
}
