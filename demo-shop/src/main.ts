import { buildShop } from './app.ts'
import { loadConfig } from './config.ts'
import { describeFault } from './describe-fault.ts'

// A payment under way is finished; a connection that does not end by itself is not waited for any longer than this.
const shutdownMs = 10_000

// A bug that nobody caught: Node itself would print the message, which may quote what a shopper typed.
process.on('uncaughtException', (error) => {
  console.log(JSON.stringify({ level: 'error', event: 'crashed', ...describeFault(error) }))
  process.exit(1)
})

try {
  const config = loadConfig(process.env)
  const app = await buildShop(config)
  const shop = await app.listen({ host: config.host, port: config.port })
  const stop = () => {
    setTimeout(() => process.exit(1), shutdownMs).unref()
    app.close().then(() => process.exit(0))
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  console.log(`listening ${JSON.stringify({ shop })}`)
} catch (error) {
  const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
  const why = error instanceof Error ? error.message : error
  console.error(
    isTaken ? 'demo-shop cannot start: SHOP_PORT is taken; stop what listens there, or choose another.' : why,
  )
  process.exitCode = 1
}
