import { describeError, type Log, logToStdout } from './log.ts'

/** A stand-in that listens. Its addresses are origins, without a slash at the end. */
type Running = { apiUrl: string; pagesUrl: string; close(): Promise<void> }

/**
 * Runs a stand-in as a process of its own: says in one line where it listens, or on the standard error why it does not,
 * and ends when it is told to.
 */
export async function runStandIn(name: string, start: (log: Log) => Promise<Running>): Promise<void> {
  const log = logToStdout(name)
  // A bug that nobody caught: Node itself would print the message, which may quote what was sent.
  process.on('uncaughtException', (error) => {
    log('crashed', { error: describeError(error) })
    process.exit(1)
  })
  try {
    const standIn = await start(log)
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
        ? `${name} cannot start: port ${port} of STAND_IN_PAGES_PORT and STAND_IN_API_PORT cannot be used (${code}).`
        : error instanceof Error
          ? error.message
          : `${name} cannot start.`
    process.stderr.write(`${why}\n`)
    process.exitCode = 1
  }
}
