// webhooks.mjs: a server that takes FinCore’s webhooks
import { createServer } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { webhooks } from '@fincore/node'

const seen = new Set() // in your server a table, so that it outlives a restart

createServer(async (request, response) => {
  let event
  try {
    event = webhooks.verify(await buffer(request), request.headers, process.env.FINCORE_WEBHOOK_SECRET)
  } catch (error) {
    return response.writeHead(400).end(error.message) // forged, or older than five minutes
  }
  if (!seen.has(event.id)) console.log(event.type)
  seen.add(event.id)
  response.writeHead(204).end()
}).listen(process.env.PORT ?? 3000)
