import { loadConfig } from './config.ts'
import { describeError, logToStdout } from './log.ts'
import { startStripeStandIn } from './stand-in.ts'

// A bug that nobody caught: Node itself would print the message, which may quote what was sent.
process.on('uncaughtException', (error) => {
  logToStdout('crashed', { error: describeError(error) })
  process.exit(1)
})

try {
  const standIn = await startStripeStandIn({ ...loadConfig(process.env), log: logToStdout })
  const stop = () => {
    standIn.close().then(
      () => process.exit(0),
      () => process.exit(1),
    )
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  process.stdout.write(`listening ${JSON.stringify({ pages: standIn.pagesUrl, api: standIn.apiUrl })}\n`)
} catch (error) {
  const code = (error as NodeJS.ErrnoException).code
  const why = code === 'EADDRINUSE' ? 'a port of STAND_IN_PAGES_PORT and STAND_IN_API_PORT is taken' : null
  const message = error instanceof Error ? error.message : 'unknown reason'
  process.stderr.write(`${why === null ? message : `The Stripe stand-in cannot start: ${why}.`}\n`)
  process.exitCode = 1
}
