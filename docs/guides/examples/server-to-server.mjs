// server-to-server.mjs: a server that sends a card itself, and hears of the payment by webhook
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { Fincore, webhooks } from '@fincore/node'

const { env } = process
const relay = {
  url: env.FINCORE_RELAY_URL,
  ca: readFileSync(env.FINCORE_CA_FILE),
  cert: readFileSync(env.FINCORE_CLIENT_CERT_FILE),
  key: readFileSync(env.FINCORE_CLIENT_KEY_FILE),
}
const fincore = new Fincore({ api: env.FINCORE_API_URL, secretKey: env.FINCORE_SECRET_KEY, relay })

createServer(async (request, response) => {
  try {
    const event = webhooks.verify(await buffer(request), request.headers, env.FINCORE_WEBHOOK_SECRET)
    if (event.type === 'charge.captured') console.log(`Deliver ${event.data.object.merchant_reference}`)
    response.writeHead(204).end()
  } catch {
    response.writeHead(400).end()
  }
}).listen(env.PORT ?? 3000)

const order = `order-${crypto.randomUUID()}` // yours, kept in your database before you send
const card = { number: '4242424242424242', cvc: '123', exp_month: 12, exp_year: 2034 }
const body = { amount: 1990, currency: 'EUR', merchant_reference: order, payment_method: { type: 'card', card } }
const charge = await fincore.charges.create(body, { idempotencyKey: order })
console.log(charge.status === 'failed' ? charge.failure.message : `${charge.id} is ${charge.status}`)
