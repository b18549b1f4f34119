import { loadConfig } from './config.ts'
import { logToStdout } from './log.ts'
import { startSandbox } from './sandbox.ts'

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
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
