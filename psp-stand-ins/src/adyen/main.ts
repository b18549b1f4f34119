import { loadConfig } from './config.ts'
import { describeError, logToStdout } from './log.ts'
import { startAdyenStandIn } from './stand-in.ts'

// A bug that nobody caught: Node itself would print the message, which may quote what was sent.
process.on('uncaughtException', (error) => {
  logToStdout('crashed', { error: describeError(error) })
  process.exit(1)
})

try {
  const standIn = await startAdyenStandIn({ ...loadConfig(process.env), log: logToStdout })
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
  const { syscall, code, port } = error as NodeJS.ErrnoException & { port?: number }
  const why =
    syscall === 'listen'
      ? `adyen-stand-in cannot start: port ${port} of STAND_IN_PAGES_PORT and STAND_IN_API_PORT cannot be used (${code}).`
      : error instanceof Error
        ? error.message
        : 'adyen-stand-in cannot start.'
  process.stderr.write(`${why}\n`)
  process.exitCode = 1
}
