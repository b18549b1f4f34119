// client-side-sdk.mjs: a shop whose shoppers type the card into the PSP’s fields in its own page
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { buffer, json } from 'node:stream/consumers'
import { Fincore, webhooks } from '@fincore/node'

const fincore = new Fincore({ api: process.env.FINCORE_API_URL, secretKey: process.env.FINCORE_SECRET_KEY })
const shop = `http://127.0.0.1:${process.env.PORT ?? 3000}/`
const read = (file) => readFileSync(file, 'utf8').replace(/{{(\w+)}}/g, (_, name) => process.env[name])

createServer(async (request, response) => {
  try {
    if (request.url === '/pay') {
      const { token, pspAccount } = await json(request)
      const order = `order-${crypto.randomUUID()}` // yours, kept in your database before you send
      const payment_method = { type: 'token', token, psp_account: pspAccount }
      const body = { amount: 1990, currency: 'EUR', merchant_reference: order, payment_method, return_url: shop }
      const { status, next_action, failure } = await fincore.charges.create(body, { idempotencyKey: order })
      return response.end(JSON.stringify({ status, next_action, message: failure?.message }))
    }
    if (request.url === '/webhooks') {
      const event = webhooks.verify(await buffer(request), request.headers, process.env.FINCORE_WEBHOOK_SECRET)
      if (event.type === 'charge.captured') console.log(`Deliver ${event.data.object.merchant_reference}`)
      return response.writeHead(204).end()
    }
    const file = request.url === '/pay.js' ? 'pay.js' : 'client-side-sdk.html'
    response.setHeader('content-type', file.endsWith('.js') ? 'text/javascript' : 'text/html').end(read(file))
  } catch (error) {
    console.error(error.message) // for you, and not for shoppers
    response.writeHead(500).end()
  }
}).listen(process.env.PORT ?? 3000)
