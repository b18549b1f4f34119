/**
 * The process between the launcher and PostgreSQL. Its stdin is a pipe from the launcher; when the pipe closes, for
 * whatever reason, `kill -9` of the launcher included, it stops PostgreSQL, and so nothing is left running.
 */
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'

export type RunPostgresOrder = {
  command: string
  args: string[]
  cwd: string
  /** The user and group to run as; null keeps the launcher's own. */
  runAs: number | null
  /** A folder to remove once PostgreSQL has stopped; null keeps everything. */
  removeAfterwards: string | null
}

// SIGINT is PostgreSQL's fast shutdown: it rolls back and writes a checkpoint. SIGQUIT leaves recovery to the next start.
const fastShutdownMs = 8_000
const immediateShutdownMs = 3_000

function runPostgres(order: RunPostgresOrder): void {
  const server = spawn(order.command, order.args, {
    cwd: order.cwd,
    stdio: ['ignore', 'inherit', 'inherit'],
    ...(order.runAs === null ? {} : { uid: order.runAs, gid: order.runAs }),
  })
  let stopping = false
  const stop = () => {
    if (stopping) return
    stopping = true
    server.kill('SIGINT')
    setTimeout(() => server.kill('SIGQUIT'), fastShutdownMs).unref()
    setTimeout(() => server.kill('SIGKILL'), fastShutdownMs + immediateShutdownMs).unref()
  }
  server.on('error', (error) => {
    console.error(`PostgreSQL could not be started: ${error.message}`)
    process.exit(1)
  })
  server.on('exit', (code, signal) => {
    if (order.removeAfterwards !== null) rmSync(order.removeAfterwards, { recursive: true, force: true, maxRetries: 3 })
    process.exit(signal === null ? (code ?? 1) : 1)
  })
  process.stdin.on('end', stop).on('error', stop).resume()
  process.on('SIGTERM', stop).on('SIGINT', stop).on('SIGHUP', stop)
}

runPostgres(JSON.parse(process.argv[2] ?? '') as RunPostgresOrder)
