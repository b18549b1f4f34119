// hosted-redirect.mjs: a shop whose shoppers pay on the PSP’s page
import { createServer } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { Fincore, webhooks } from '@fincore/node'

const { FINCORE_API_URL, FINCORE_SECRET_KEY, FINCORE_WEBHOOK_SECRET, PORT = '3000' } = process.env
const fincore = new Fincore({ api: FINCORE_API_URL, secretKey: FINCORE_SECRET_KEY })
const shop = `http://127.0.0.1:${PORT}`

async function answer(request, response) {
  if (request.url === '/pay') {
    const order = `order-${crypto.randomUUID()}` // yours, kept in your database before you send
    const urls = { success_url: `${shop}/thanks`, cancel_url: shop }
    const body = { amount: 1990, currency: 'EUR', merchant_reference: order, ...urls }
    const session = await fincore.paymentSessions.create(body, { idempotencyKey: order })
    return response.writeHead(303, { location: session.url }).end()
  }
  if (request.url === '/webhooks') {
    const event = webhooks.verify(await buffer(request), request.headers, FINCORE_WEBHOOK_SECRET)
    if (event.type === 'payment_session.completed') console.log(`Deliver ${event.data.object.merchant_reference}`)
    return response.writeHead(204).end()
  }
  const page = '<form method="post" action="/pay"><button>Buy the mug</button></form>'
  response.setHeader('content-type', 'text/html').end(page)
}

createServer((request, response) => {
  answer(request, response).catch((error) => {
    console.error(error.message) // for you, and not for shoppers
    response.writeHead(500).end()
  })
}).listen(PORT)
