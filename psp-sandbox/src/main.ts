import { loadConfig } from './config.ts'
import { explainStart } from './explain-start.ts'
import { describeError, logToStdout } from './log.ts'
import { startSandbox } from './sandbox.ts'

// A bug that nobody caught: Node itself would print the message, which may quote what was sent.
process.on('uncaughtException', (error) => {
  logToStdout('crashed', { error: describeError(error) })
  process.exit(1)
})

try {
  const sandbox = await startSandbox({ ...loadConfig(process.env), log: logToStdout })
  const stop = () => {
    sandbox.close().then(
      () => process.exit(0),
      () => process.exit(1),
    )
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  process.stdout.write(`listening ${JSON.stringify({ pages: sandbox.pagesUrl, api: sandbox.apiUrl })}\n`)
} catch (error) {
  process.stderr.write(`${explainStart(error)}\n`)
  process.exitCode = 1
}
